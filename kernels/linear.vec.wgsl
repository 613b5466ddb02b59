// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for few rows of x (decoding): bound by reading w once.
// One workgroup: 8 rows of w for one row of x; 8 invocations stride along K and add up through shared memory.
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


const ROWS = 8u;
const LANES = 8u;
var<workgroup> partial: array<f32, 64>; // [ROWS, LANES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m = group.y;
  let n = group.x * ROWS + i / LANES;
  var sum = 0.0;
  for (var k16 = i % LANES; k16 < params.k / 16u; k16 += LANES) {
    let wv = weight16(min(n, params.n - 1u), k16, params.k);
    let j = (params.x_begin + m * params.x_stride) / 4u + k16 * 4u;
    sum += dot(x[j], wv[0]) + dot(x[j + 1u], wv[1]) + dot(x[j + 2u], wv[2]) + dot(x[j + 3u], wv[3]);
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
