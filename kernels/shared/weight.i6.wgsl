// Weights as 6-bit codes, value code - 32, with a scale per 32 of a row.
// A row has two planes: the low 4 bits of its codes, a vec4 a block of 32 as in weight.i4.wgsl; then the high 2 bits, a word for 16
// elements, whose byte j holds those of elements 4g + j at bits 2g. K is a multiple of 64.
//#import byte_factors
//#import scale
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let row = n * (k / 64u) * 3u;
  let high = w[row + k / 32u + k16 / 4u];
  return codes16(biased(w[row + k16 / 2u], k16 & 1u, high[k16 & 3u])) * (scale(n * (k / 32u) + k16 / 2u) * 0.25);
}

// Elements 32 * k32 .. 32 * k32 + 31 of row n.
fn block32(n: u32, k32: u32, k: u32) -> Block32 {
  let row = n * (k / 64u) * 3u;
  let low = w[row + k32];
  let four = w[row + k / 32u + k32 / 2u];
  let high = select(four.xy, four.zw, (k32 & 1u) == 1u);
  let factor = scale(n * (k / 32u) + k32) * 0.25;
  return Block32(biased(low, 0u, high.x), biased(low, 1u, high.y), factor);
}

// 4 times the codes.
fn biased(low: vec4<u32>, half: u32, high: u32) -> vec4<u32> {
  let pairs = vec4<u32>(high * 64u, high * 16u, high * 4u, high) & vec4<u32>(0xc0c0c0c0u);
  let nibbles = select((low >> vec4<u32>(2u)) & vec4<u32>(0x3c3c3c3cu), (low & vec4<u32>(0x0f0f0f0fu)) * 4u, half == 0u);
  return (pairs | nibbles) ^ vec4<u32>(0x80000000u);
}
