// Splits rows [key | value] into keys and values, in the format they are kept in. One invocation: 4 elements of each.
//#import narrow(k)

struct Params {
  n_rows: u32,
  heads: u32,
  first: u32, // key of k and v that row 0 becomes
  key_step: u32, // heads from a key to the next of the same head
  head_step: u32, // heads from a head of a key to its next
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [n_rows, 2, heads, 64]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n4 = params.heads * 16u;
  let row = id.x / n4;
  let c = id.x % n4;
  if (row >= params.n_rows) { return; }
  let to = ((params.first + row) * params.key_step + c / 16u * params.head_step) * 16u + c % 16u;
  k[to] = narrow4(x[2u * row * n4 + c]);
  v[to] = narrow4(x[(2u * row + 1u) * n4 + c]);
}
