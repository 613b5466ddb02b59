// y[slot] = x, word by word, whatever the words hold; other entries of y stay. One invocation: 4 words.

struct Params {
  n4: u32, // words of x / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>; // [1, ...]
@group(0) @binding(2) var<storage, read_write> slot: array<u32>; // [1]
@group(0) @binding(3) var<storage, read_write> y: array<vec4<u32>>; // [slots, ...]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.n4) { y[slot[0] * params.n4 + id.x] = x[id.x]; }
}
