// y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row; two passes, since E[x^2] - mean^2 cancels.
// One workgroup: one row, summed by a tree in shared memory.

struct Params {
  n_state: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // [rows, n_state]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [n_state]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [n_state]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, n_state]

const LANES = 64u;
var<workgroup> partial: array<f32, LANES>;

fn total(i: u32, value: f32) -> f32 {
  partial[i] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (i < half) { partial[i] += partial[i + half]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let n = params.n_state;
  let row = group.x * n;
  var sum = 0.0;
  for (var c = i; c < n; c += LANES) { sum += x[row + c]; }
  let mean = total(i, sum) / f32(n);
  var squares = 0.0;
  for (var c = i; c < n; c += LANES) {
    let d = x[row + c] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(total(i, squares) / f32(n) + params.eps);
  for (var c = i; c < n; c += LANES) { y[row + c] = (x[row + c] - mean) * scale * weight[c] + bias[c]; }
}
