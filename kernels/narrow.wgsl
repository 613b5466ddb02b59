// y = x, rounded to f16, two a word. One invocation: 4 elements.

struct Params {
  n4: u32, // elements of x / 4
  first4: u32, // of y / 4, where x begins
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.n4) { return; }
  let v = x[id.x];
  y[params.first4 + id.x] = vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw));
}
