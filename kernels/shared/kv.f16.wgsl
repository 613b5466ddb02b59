// Keys and values stored as f16, two a word.
//#import halves
@group(0) @binding(2) var<storage, read_write> k: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<u32>>;

// Elements 8 * i .. 8 * i + 7.
fn k8(i: u32) -> mat2x4<f32> {
  return halves8(k[i]);
}
fn v8(i: u32) -> mat2x4<f32> {
  return halves8(v[i]);
}
