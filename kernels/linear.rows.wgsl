// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for some rows of x (beams, audios, a prompt): bound by reading w, so all of ROWS share it.
// One workgroup: 8 rows of w for ROWS rows of x; 8 invocations stride along K and add up through shared memory.
//#import weight(w)
//#import bias(bias)
//#import gelu

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

override ROWS: u32 = 8u; // up to 8
const COLUMNS = 8u;
const LANES = 8u;
var<workgroup> partial: array<f32, 512>; // [8, COLUMNS, LANES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m0 = group.x * ROWS;
  let n0 = group.y * COLUMNS;
  let n = min(n0 + i / LANES, params.n - 1u);
  var sums: array<f32, 8>;
  for (var k16 = i % LANES; k16 < params.k / 16u; k16 += LANES) {
    let wv = weight16(n, k16, params.k);
    for (var r = 0u; r < ROWS; r++) {
      let m = min(m0 + r, params.m - 1u);
      let j = (params.x_begin + m * params.x_stride) / 4u + k16 * 4u;
      sums[r] += dot(x[j], wv[0]) + dot(x[j + 1u], wv[1]) + dot(x[j + 2u], wv[2]) + dot(x[j + 3u], wv[3]);
    }
  }
  for (var r = 0u; r < ROWS; r++) { partial[r * COLUMNS * LANES + i] = sums[r]; }
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
