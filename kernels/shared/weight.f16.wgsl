// Weights stored as f16, two a word, K contiguous.
//#import weight_halves
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K]

// Elements 8 * i .. 8 * i + 7.
fn packed8(i: u32) -> vec4<u32> {
  return w[i];
}
