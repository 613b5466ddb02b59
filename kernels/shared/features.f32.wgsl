// Audio features as f32.
@group(0) @binding(2) var<storage, read_write> xa: array<vec4<f32>>;

// Elements 8 * i .. 8 * i + 7.
fn xa8(i: u32) -> mat2x4<f32> {
  return mat2x4<f32>(xa[2u * i], xa[2u * i + 1u]);
}
