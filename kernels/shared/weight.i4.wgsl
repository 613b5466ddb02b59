// Weights as 4-bit codes, value code - 8, with a scale per 32 of a row.
// A block of 32 is one vec4, whose byte b holds the codes of elements b (low half) and b + 16 (high half).
//#import byte_factors
//#import scale
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 32u) + k16 / 2u;
  return codes16(biased(w[i], k16 & 1u)) * (scale(i) * 0.0625);
}

// Elements 32 * k32 .. 32 * k32 + 31 of row n.
fn block32(n: u32, k32: u32, k: u32) -> Block32 {
  let i = n * (k / 32u) + k32;
  let code = w[i];
  return Block32(biased(code, 0u), biased(code, 1u), scale(i) * 0.0625);
}

// 16 times the codes.
fn biased(code: vec4<u32>, half: u32) -> vec4<u32> {
  let nibbles = select(code, code * 16u, half == 0u) & vec4<u32>(0xf0f0f0f0u);
  return nibbles ^ vec4<u32>(0x80000000u);
}
