// Output stored as f16, two a word.
@group(0) @binding(2) var<storage, read_write> k: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec2<u32>>;

fn narrow4(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(x.xy), pack2x16float(x.zw));
}
