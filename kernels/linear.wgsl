// y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU or added to what y holds.
// One workgroup: a 64 x 64 block of y; each of 256 invocations 4 x 4 of it. Steps of 32 along K pass through shared memory, four at a
// time: 64 multiply-adds for every 8 loads. Where four lie in their row turns with the row, so that invocations side by side, which read
// rows four apart, meet no bank twice.
//#import weight(w)
//#import bias(bias)
//#import gelu
//#import row_begin
//#import store4

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

const INVOCATIONS = 256u;
const BLOCK = 64u;
const STEP4 = 8u; // fours of K at a time
var<workgroup> xs: array<vec4<f32>, 512>; // [BLOCK, STEP4]
var<workgroup> ws: array<vec4<f32>, 512>; // [BLOCK, STEP4]

fn slot(row: u32, k4: u32) -> u32 {
  return row * STEP4 + (k4 ^ (row / 4u % STEP4));
}

fn load_x(m0: u32, k0: u32, i: u32) {
  for (var j = i; j < BLOCK * STEP4; j += INVOCATIONS) {
    let row = j / STEP4;
    let k4 = j % STEP4;
    xs[slot(row, k4)] = x[row_begin(m0 + row) + k0 / 4u + k4];
  }
}

fn load_w(n0: u32, k0: u32, i: u32) {
  if (i >= BLOCK * STEP4 / 4u) { return; }
  let row = i / (STEP4 / 4u);
  let k16 = i % (STEP4 / 4u);
  let v = weight16(min(n0 + row, params.n - 1u), k0 / 16u + k16, params.k);
  for (var c = 0u; c < 4u; c++) { ws[slot(row, k16 * 4u + c)] = v[c]; }
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m0 = group.y * BLOCK;
  let n0 = group.x * BLOCK;
  let row = (i / 16u) * 4u;
  let column = (i % 16u) * 4u;
  var sums: array<vec4<f32>, 16>; // [4 rows, 4 columns], of every fourth of K
  for (var k0 = 0u; k0 < params.k; k0 += STEP4 * 4u) {
    load_x(m0, k0, i);
    load_w(n0, k0, i);
    workgroupBarrier();
    for (var k4 = 0u; k4 < STEP4; k4++) {
      let w0 = ws[slot(column, k4)];
      let w1 = ws[slot(column + 1u, k4)];
      let w2 = ws[slot(column + 2u, k4)];
      let w3 = ws[slot(column + 3u, k4)];
      for (var r = 0u; r < 4u; r++) {
        let xv = xs[slot(row + r, k4)];
        sums[r * 4u] += xv * w0;
        sums[r * 4u + 1u] += xv * w1;
        sums[r * 4u + 2u] += xv * w2;
        sums[r * 4u + 3u] += xv * w3;
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 4u; r++) {
    let s = r * 4u;
    store4(m0 + row + r, n0 + column, vec4<f32>(total(sums[s]), total(sums[s + 1u]), total(sums[s + 2u]), total(sums[s + 3u])));
  }
}

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}
