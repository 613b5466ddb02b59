// Weights as stored: f32, K contiguous.
//#import float_factors
//#import product32
@group(0) @binding(2) var<storage, read> w: array<vec4<f32>>; // [N, K]

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 4u) + k16 * 4u;
  return mat4x4<f32>(w[i], w[i + 1u], w[i + 2u], w[i + 3u]);
}
