// Audio features as int8 codes, every 64 before their f32 scale: 17 words. Keys are kept the same way.
requires packed_4x8_integer_dot_product;
@group(0) @binding(2) var<storage, read_write> xa: array<u32>;

// Elements 8 * i .. 8 * i + 7.
fn xa8(i: u32) -> mat2x4<f32> {
  let head = i / 8u * 17u;
  let word = head + i % 8u * 2u;
  let codes = mat2x4<f32>(vec4<f32>(unpack4xI8(xa[word])), vec4<f32>(unpack4xI8(xa[word + 1u])));
  return codes * bitcast<f32>(xa[head + 16u]);
}
