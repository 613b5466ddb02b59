// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for a row of x (decoding): bound by reading w once.
// One workgroup: 8 rows of w for one row of x; 8 invocations stride along K and add up through shared memory.
//#import weight(w)
//#import bias(bias)
//#import norm(norm_weight)
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

const ROWS = 8u;
const LANES = 8u;
const INVOCATIONS = 64u;
var<workgroup> partial: array<f32, INVOCATIONS>; // [ROWS, LANES]

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
  let m = group.x;
  let n = group.y * ROWS + i / LANES;
  let first = (params.x_begin + m * params.x_stride) / 4u;
  take_row(first, i, INVOCATIONS);
  var sum = 0.0;
  for (var k16 = i % LANES; k16 < params.k / 16u; k16 += LANES) {
    let wv = weight16(min(n, params.n - 1u), k16, params.k);
    let c = k16 * 4u;
    sum += dot(x4(first, c), wv[0]) + dot(x4(first, c + 1u), wv[1]);
    sum += dot(x4(first, c + 2u), wv[2]) + dot(x4(first, c + 3u), wv[3]);
  }
  partial[i] = sum;
  workgroupBarrier();
  if (i % LANES != 0u || n >= params.n) { return; }
  for (var lane = 1u; lane < LANES; lane++) { sum += partial[i + lane]; }
  var value = sum + bias4(n / 4u)[n % 4u];
  if (params.gelu != 0u) { value = gelu(vec4<f32>(value)).x; }
  let o = m * params.n + n;
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}
