// Splits rows [key | value] into keys and values as int8 codes, the 64 of a head before their f32 scale.
// One invocation: a head of each, so that nobody else need know its maximum.
//#import q8

struct Params {
  n_rows: u32,
  heads: u32,
  first: u32, // key of k and v that row 0 becomes
  key_step: u32, // heads from a key to the next of the same head
  head_step: u32, // heads from a head of a key to its next
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [n_rows, 2, heads, 64]
@group(0) @binding(2) var<storage, read_write> k: array<u32>; // 17 words of a key's head
@group(0) @binding(3) var<storage, read_write> v: array<u32>; // 17 words of a key's head

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / params.heads;
  let head = id.x % params.heads;
  if (row >= params.n_rows) { return; }
  let key = (2u * row * params.heads + head) * 16u;
  let value = key + params.heads * 16u;
  let to = ((params.first + row) * params.key_step + head * params.head_step) * 17u;
  let k_scale = scale_of(key);
  let v_scale = scale_of(value);
  for (var c = 0u; c < 16u; c++) {
    k[to + c] = code4(x[key + c], k_scale);
    v[to + c] = code4(x[value + c], v_scale);
  }
  k[to + 16u] = bitcast<u32>(k_scale);
  v[to + 16u] = bitcast<u32>(v_scale);
}
