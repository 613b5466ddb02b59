// Keys and values stored as f32.
@group(0) @binding(2) var<storage, read_write> k: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;

// Elements 8 * i .. 8 * i + 7.
fn k8(i: u32) -> mat2x4<f32> {
  return mat2x4<f32>(k[2u * i], k[2u * i + 1u]);
}
fn v8(i: u32) -> mat2x4<f32> {
  return mat2x4<f32>(v[2u * i], v[2u * i + 1u]);
}
