// y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU or added to what y holds, on an adapter's matrix units: factors of f16, sums of f32.
// A factor is split into two f16, high + low / 2048, so that only low times low is lost of f32's precision. Sums with a low factor are
// kept apart, 2048 times as large, out of f16's subnormals (Ootomo and Yokota 2022, "Recovering single precision accuracy from Tensor
// Cores"). One workgroup: a 64 x 64 block of y; each of four subgroups of 32 a quarter, 2 x 2 matrices of 16 x 16.
enable chromium_experimental_subgroup_matrix;
enable f16;
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

override SPLIT_W: bool = true; // false where weights are f16, and have no low part

const INVOCATIONS = 128u;
const BLOCK = 64u;
const QUARTER = 32u;
const STEP = 16u; // of K at a time
const STRIDE = 24u; // from a row in shared memory to the next: eight rows lie in different banks
const LOW = 2048.0;
const F16_HIGHEST = vec4<f32>(65504.0);
const F16_NORMAL = vec4<f32>(6.103515625e-5);

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sum = subgroup_matrix_result<f32, 16, 16>;
var<workgroup> x_high: array<f16, 1536>; // [BLOCK, STRIDE], as are the next three
var<workgroup> x_low: array<f16, 1536>;
var<workgroup> w_high: array<f16, 1536>;
var<workgroup> w_low: array<f16, 1536>;
var<workgroup> sums: array<f32, 1024>; // [4 subgroups, 16, 16]: all in all 16 KiB, which every device has

fn high_part(v: vec4<f32>) -> vec4<f32> {
  let rounded = quantizeToF16(clamp(v, -F16_HIGHEST, F16_HIGHEST));
  return select(vec4<f32>(), rounded, abs(v) >= F16_NORMAL);
}

fn low_part(v: vec4<f32>, high: vec4<f32>) -> vec4<f32> {
  return clamp((v - high) * LOW, -F16_HIGHEST, F16_HIGHEST);
}

fn load_x(m0: u32, k0: u32, i: u32) {
  for (var j = i; j < BLOCK * STEP / 4u; j += INVOCATIONS) {
    let row = j / (STEP / 4u);
    let k4 = j % (STEP / 4u);
    let v = x[row_begin(m0 + row) + k0 / 4u + k4];
    let high = high_part(v);
    let low = low_part(v, high);
    for (var c = 0u; c < 4u; c++) {
      x_high[row * STRIDE + k4 * 4u + c] = f16(high[c]);
      x_low[row * STRIDE + k4 * 4u + c] = f16(low[c]);
    }
  }
}

fn load_w(n0: u32, k0: u32, i: u32) {
  for (var row = i; row < BLOCK; row += INVOCATIONS) {
    let v = weight16(min(n0 + row, params.n - 1u), k0 / STEP, params.k);
    for (var c4 = 0u; c4 < STEP / 4u; c4++) {
      var high = v[c4];
      if (SPLIT_W) { high = high_part(v[c4]); }
      let low = low_part(v[c4], high);
      for (var c = 0u; c < 4u; c++) {
        let at = row * STRIDE + c4 * 4u + c;
        w_high[at] = f16(high[c]);
        if (SPLIT_W) { w_low[at] = f16(low[c]); }
      }
    }
  }
}

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
  @builtin(subgroup_id) subgroup: u32,
) {
  let m0 = group.y * BLOCK;
  let n0 = group.x * BLOCK;
  let rows = (subgroup / 2u) * QUARTER * STRIDE;
  let columns = (subgroup % 2u) * QUARTER * STRIDE;
  var highs: array<Sum, 4>; // [2 of rows, 2 of columns]
  var lows: array<Sum, 4>;
  for (var k0 = 0u; k0 < params.k; k0 += STEP) {
    load_x(m0, k0, i);
    load_w(n0, k0, i);
    workgroupBarrier();
    for (var r = 0u; r < 2u; r++) {
      let high = subgroupMatrixLoad<Left, row_major>(&x_high, rows + r * 16u * STRIDE, STRIDE);
      let low = subgroupMatrixLoad<Left, row_major>(&x_low, rows + r * 16u * STRIDE, STRIDE);
      for (var c = 0u; c < 2u; c++) {
        let s = r * 2u + c;
        let w_of = subgroupMatrixLoad<Right, col_major>(&w_high, columns + c * 16u * STRIDE, STRIDE);
        highs[s] = subgroupMatrixMultiplyAccumulate(high, w_of, highs[s]);
        lows[s] = subgroupMatrixMultiplyAccumulate(low, w_of, lows[s]);
        if (SPLIT_W) {
          let w_rest = subgroupMatrixLoad<Right, col_major>(&w_low, columns + c * 16u * STRIDE, STRIDE);
          lows[s] = subgroupMatrixMultiplyAccumulate(high, w_rest, lows[s]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var s = 0u; s < 4u; s++) {
    subgroupMatrixStore<row_major>(&sums, subgroup * 256u, highs[s], 16u);
    workgroupBarrier();
    let a = sums4(i);
    let b = sums4(i + INVOCATIONS);
    workgroupBarrier();
    subgroupMatrixStore<row_major>(&sums, subgroup * 256u, lows[s], 16u);
    workgroupBarrier();
    store_row4(m0, n0, s, i, a + sums4(i) / LOW);
    store_row4(m0, n0, s, i + INVOCATIONS, b + sums4(i + INVOCATIONS) / LOW);
    workgroupBarrier();
  }
}

fn sums4(j: u32) -> vec4<f32> {
  return vec4<f32>(sums[j * 4u], sums[j * 4u + 1u], sums[j * 4u + 2u], sums[j * 4u + 3u]);
}

// Four columns of matrix s of a subgroup: j counts them through the rows of the first subgroup's matrix, then the next one's.
fn store_row4(m0: u32, n0: u32, s: u32, j: u32, sum: vec4<f32>) {
  let m = m0 + (j / 128u) * QUARTER + (s / 2u) * 16u + (j % 64u) / 4u;
  let n = n0 + (j / 64u % 2u) * QUARTER + (s % 2u) * 16u + (j % 4u) * 4u;
  store4(m, n, sum);
}
