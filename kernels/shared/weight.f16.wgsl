// Weights stored as f16, two a word, K contiguous; unpacked without the shader-f16 feature.
//#import dot16
//#import halves
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K]

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 8u) + k16 * 2u;
  let low = halves8(w[i]);
  let high = halves8(w[i + 1u]);
  return mat4x4<f32>(low[0], low[1], high[0], high[1]);
}

// Sum of elements 32 * k32 .. 32 * k32 + 31 of row n, the first half times a, the second times b.
fn dot32(n: u32, k32: u32, k: u32, a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  return dot16(a, weight16(n, k32 * 2u, k)) + dot16(b, weight16(n, k32 * 2u + 1u, k));
}
