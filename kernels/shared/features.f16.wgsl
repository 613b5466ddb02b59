// Audio features stored as f16, two a word.
//#import halves
@group(0) @binding(2) var<storage, read_write> xa: array<vec4<u32>>;

// Elements 8 * i .. 8 * i + 7.
fn xa8(i: u32) -> mat2x4<f32> {
  return halves8(xa[i]);
}
