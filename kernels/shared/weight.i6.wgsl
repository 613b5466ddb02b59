// Weights as 6-bit codes, value code - 32, with an f16 scale per 32 of a row; a scale is stored times 256, out of f16's subnormal range.
// A row has two planes: the low 4 bits of its codes, a vec4 a block of 32 as in weight.i4.wgsl; then the high 2 bits, a word for 16
// elements, whose byte j holds those of elements 4g + j at bits 2g. K is a multiple of 64.
//#import dot16
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes
@group(0) @binding(3) var<storage, read> w_scale: array<u32>; // [N, K / 32], two a word

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let row = n * (k / 64u) * 3u;
  let high = w[row + k / 32u + k16 / 4u];
  return codes16(w[row + k16 / 2u], k16 & 1u, high[k16 & 3u]) * scale(n * (k / 32u) + k16 / 2u);
}

// Sum of elements 32 * k32 .. 32 * k32 + 31 of row n, the first half times a, the second times b.
fn dot32(n: u32, k32: u32, k: u32, a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  let row = n * (k / 64u) * 3u;
  let low = w[row + k32];
  let four = w[row + k / 32u + k32 / 2u];
  let high = select(four.xy, four.zw, (k32 & 1u) == 1u);
  let sum = dot16(a, codes16(low, 0u, high.x)) + dot16(b, codes16(low, 1u, high.y));
  return sum * scale(n * (k / 32u) + k32);
}

// Of block i.
fn scale(i: u32) -> f32 {
  let scales = unpack2x16float(w_scale[i / 2u]);
  return select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625;
}

fn codes16(low: vec4<u32>, half: u32, high: u32) -> mat4x4<f32> {
  let pairs = (vec4<u32>(high) >> vec4<u32>(0u, 2u, 4u, 6u)) & vec4<u32>(0x03030303u);
  let code = ((low >> vec4<u32>(4u * half)) & vec4<u32>(0x0f0f0f0fu)) | (pairs << vec4<u32>(4u));
  return mat4x4<f32>(codes4(code.x), codes4(code.y), codes4(code.z), codes4(code.w));
}

// By the bits of 2^23 + code, which costs software adapters less than conversions; exact.
fn codes4(code: u32) -> vec4<f32> {
  let bits = ((vec4<u32>(code) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(63u)) | vec4<u32>(0x4b000000u);
  return bitcast<vec4<f32>>(bits) - 8388640.0;
}
