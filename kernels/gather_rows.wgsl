// y[i] = x[index[i]], where the index is a row of x; other rows of y stay. One invocation: 4 elements.

struct Params {
  n_rows: u32, // rows of x
  n4: u32, // row length / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [n_rows, n]
@group(0) @binding(2) var<storage, read_write> index: array<u32>; // [rows of y]
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>; // [rows of y, n]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&y)) { return; }
  let row = index[id.x / params.n4];
  if (row < params.n_rows) { y[id.x] = x[row * params.n4 + id.x % params.n4]; }
}
