// Splits rows [key | value] into keys and values, in the format they are kept in. One invocation: 4 elements of each.
//#import narrow(k)

struct Params {
  n_rows: u32,
  n4: u32, // n_state / 4
  first: u32, // row of k and v that row 0 becomes
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [n_rows, 2, n_state]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / params.n4;
  let c = id.x % params.n4;
  if (row >= params.n_rows) { return; }
  let to = params.first * params.n4 + id.x;
  k[to] = narrow4(x[2u * row * params.n4 + c]);
  v[to] = narrow4(x[(2u * row + 1u) * params.n4 + c]);
}
