// y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU or added to what y holds.
// One workgroup: a 64 x 64 block of y; each of 256 invocations 4 x 4 of it. Steps of 32 along K pass through shared memory, x and w
// turned so that K is outermost and the inner loop reads neighbouring columns without bank conflicts.
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
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [M, N]


const BLOCK = 64u;
const STEP = 32u;
var<workgroup> xs: array<f32, 2048>; // [STEP, BLOCK]
var<workgroup> ws: array<f32, 2048>; // [STEP, BLOCK]

fn load_x(m0: u32, k0: u32, i: u32) {
  for (var j = i; j < BLOCK * STEP / 4u; j += 256u) {
    let row = j % BLOCK;
    let k4 = j / BLOCK;
    let m = min(m0 + row, params.m - 1u);
    let v = x[(params.x_begin + m * params.x_stride + k0) / 4u + k4];
    for (var c = 0u; c < 4u; c++) { xs[(k4 * 4u + c) * BLOCK + row] = v[c]; }
  }
}

fn load_w(n0: u32, k0: u32, i: u32) {
  if (i >= BLOCK * STEP / 16u) { return; }
  let row = i % BLOCK;
  let k16 = i / BLOCK;
  let v = weight16(min(n0 + row, params.n - 1u), k0 / 16u + k16, params.k);
  for (var c = 0u; c < 16u; c++) { ws[(k16 * 16u + c) * BLOCK + row] = v[c / 4u][c % 4u]; }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m0 = group.y * BLOCK;
  let n0 = group.x * BLOCK;
  let row = (i / 16u) * 4u;
  let column = (i % 16u) * 4u;
  var a0 = vec4<f32>();
  var a1 = vec4<f32>();
  var a2 = vec4<f32>();
  var a3 = vec4<f32>();
  for (var k0 = 0u; k0 < params.k; k0 += STEP) {
    load_x(m0, k0, i);
    load_w(n0, k0, i);
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let b = k * BLOCK + column;
      let wv = vec4<f32>(ws[b], ws[b + 1u], ws[b + 2u], ws[b + 3u]);
      let a = k * BLOCK + row;
      a0 += xs[a] * wv;
      a1 += xs[a + 1u] * wv;
      a2 += xs[a + 2u] * wv;
      a3 += xs[a + 3u] * wv;
    }
    workgroupBarrier();
  }
  store(m0 + row, n0 + column, a0);
  store(m0 + row + 1u, n0 + column, a1);
  store(m0 + row + 2u, n0 + column, a2);
  store(m0 + row + 3u, n0 + column, a3);
}

fn store(m: u32, n: u32, sum: vec4<f32>) {
  if (m >= params.m || n >= params.n) { return; }
  let i = (m * params.n + n) / 4u;
  var value = sum + bias4(n / 4u);
  if (params.gelu != 0u) { value = gelu(value); }
  if (params.accumulate != 0u) { value += y[i]; }
  y[i] = value;
}
