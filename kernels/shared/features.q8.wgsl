// Audio features as int8 codes, every 64 before their f32 scale: 17 words. Keys are kept the same way.
//#import bytes
@group(0) @binding(2) var<storage, read_write> xa: array<u32>;

// Elements 8 * i .. 8 * i + 7.
fn xa8(i: u32) -> mat2x4<f32> {
  let head = i / 8u * 17u;
  let word = head + i % 8u * 2u;
  return widen8(xa[word], xa[word + 1u], xa[head + 16u]);
}
