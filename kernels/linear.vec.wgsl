// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for one or some rows of x (a step, beams, audios, a short prompt): bound by reading w, which
// ROWS of them share. One workgroup: 8 rows of w; 8 invocations stride along K and add up through shared memory.
//#import weight(w)
//#import bias(bias)
//#import norm(norm_weight)
//#import gelu
//#import row_begin

struct Params {
  m: u32,
  n: u32,
  k: u32,
  x_begin: u32, // floats before row 0 of x
  x_stride: u32, // floats from a row to the next; less than k where rows overlap
  accumulate: u32,
  gelu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // M rows of K, which may overlap
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [M, N]

override ROWS: u32 = 1u; // of x at a time, up to 8; one where rows are normalised
const COLUMNS = 8u;
const LANES = 8u;
const INVOCATIONS = 64u;
var<workgroup> partial: array<f32, 512>; // [8, COLUMNS, LANES]

fn total(own: f32, i: u32) -> f32 {
  partial[i] = own;
  workgroupBarrier();
  var sum = 0.0;
  if (i < LANES) { for (var j = i; j < INVOCATIONS; j += LANES) { sum += partial[j]; } }
  workgroupBarrier();
  if (i < LANES) { partial[i] = sum; }
  workgroupBarrier();
  sum = 0.0;
  for (var j = 0u; j < LANES; j++) { sum += partial[j]; }
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m0 = group.x * ROWS;
  let n0 = group.y * COLUMNS;
  let n = min(n0 + i / LANES, params.n - 1u);
  take_row(row_begin(m0), i, INVOCATIONS);
  var sums: array<f32, 8>;
  for (var k16 = i % LANES; k16 < params.k / 16u; k16 += LANES) {
    let wv = weight16(n, k16, params.k);
    let c = k16 * 4u;
    for (var r = 0u; r < ROWS; r++) {
      let first = row_begin(m0 + r);
      sums[r] += dot(x4(first, c), wv[0]) + dot(x4(first, c + 1u), wv[1]);
      sums[r] += dot(x4(first, c + 2u), wv[2]) + dot(x4(first, c + 3u), wv[3]);
    }
  }
  for (var r = 0u; r < ROWS; r++) { partial[r * INVOCATIONS + i] = sums[r]; }
  workgroupBarrier();
  // Invocation i: row i / COLUMNS, column i % COLUMNS.
  if (i < ROWS * COLUMNS) { store(m0 + i / COLUMNS, n0 + i % COLUMNS, i * LANES); }
}

// The sum of LANES partial sums from `first` on.
fn store(m: u32, n: u32, first: u32) {
  if (m >= params.m || n >= params.n) { return; }
  var value = bias4(n / 4u)[n % 4u];
  for (var lane = 0u; lane < LANES; lane++) { value += partial[first + lane]; }
  if (params.gelu != 0u) { value = gelu(vec4<f32>(value)).x; }
  let o = m * params.n + n;
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}
