// Weights as 6-bit codes, value code - 32, with an f16 scale per 32 of a row; a scale is stored times 256, out of f16's subnormal range.
// A row has two planes: the low 4 bits of its codes, a vec4 a block of 32 as in weight.i4.wgsl; then the high 2 bits, a word for 16
// elements, whose byte j holds those of elements 4g + j at bits 2g. K is a multiple of 64.
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes
@group(0) @binding(3) var<storage, read> w_scale: array<u32>; // [N, K / 32], two a word

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 32u) + k16 / 2u;
  let scales = unpack2x16float(w_scale[i / 2u]);
  let s = select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625;
  let row = n * (k / 64u) * 3u;
  let low = (w[row + k16 / 2u] >> vec4<u32>(4u * (k16 & 1u))) & vec4<u32>(0x0f0f0f0fu);
  let pairs = w[row + k / 32u + k16 / 4u][k16 & 3u];
  let high = (vec4<u32>(pairs) >> vec4<u32>(0u, 2u, 4u, 6u)) & vec4<u32>(0x03030303u);
  let code = low | (high << vec4<u32>(4u));
  return mat4x4<f32>(weight4(code.x, s), weight4(code.y, s), weight4(code.z, s), weight4(code.w, s));
}

// By the bits of 2^23 + code, which costs software adapters less than conversions; exact.
fn weight4(code: u32, s: f32) -> vec4<f32> {
  let bits = ((vec4<u32>(code) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(63u)) | vec4<u32>(0x4b000000u);
  return (bitcast<vec4<f32>>(bits) - 8388640.0) * s;
}
