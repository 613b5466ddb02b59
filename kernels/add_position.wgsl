// y += position, element by element. One invocation: 4 elements.
//#import position(position)

struct Params {
  n4: u32, // elements / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [positions, n_state]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.n4) { y[id.x] += position4(id.x); }
}
