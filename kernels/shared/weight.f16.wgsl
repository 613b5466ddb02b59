// Weights stored as f16, two a word, K contiguous; unpacked without the shader-f16 feature.
//#import halves
//#import float_factors
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K]

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 8u) + k16 * 2u;
  let low = halves8(w[i]);
  let high = halves8(w[i + 1u]);
  return mat4x4<f32>(low[0], low[1], high[0], high[1]);
}
