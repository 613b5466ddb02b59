// Keys and values as int8 codes, the 64 of a head before their f32 scale: 17 words.
//#import bytes
@group(0) @binding(2) var<storage, read_write> k: array<u32>;
@group(0) @binding(3) var<storage, read_write> v: array<u32>;

// Elements 8 * i .. 8 * i + 7.
fn k8(i: u32) -> mat2x4<f32> {
  let head = i / 8u * 17u;
  let word = head + i % 8u * 2u;
  return widen8(k[word], k[word + 1u], k[head + 16u]);
}
fn v8(i: u32) -> mat2x4<f32> {
  let head = i / 8u * 17u;
  let word = head + i % 8u * 2u;
  return widen8(v[word], v[word + 1u], v[head + 16u]);
}
