// y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row, on software adapters: no barrier.
// One invocation: one row, in three passes of vec4s.

struct Params {
  n_state: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [rows, n_state]
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>; // [n_state]
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>; // [n_state]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [rows, n_state]

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n4 = params.n_state / 4u;
  let row = id.x * n4;
  if (row >= arrayLength(&y)) { return; }
  var sum = vec4<f32>();
  for (var c = 0u; c < n4; c++) { sum += x[row + c]; }
  let mean = dot(sum, vec4<f32>(1.0)) / f32(params.n_state);
  var squares = vec4<f32>();
  for (var c = 0u; c < n4; c++) {
    let d = x[row + c] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(dot(squares, vec4<f32>(1.0)) / f32(params.n_state) + params.eps);
  for (var c = 0u; c < n4; c++) { y[row + c] = (x[row + c] - mean) * scale * weight[c] + bias[c]; }
}
