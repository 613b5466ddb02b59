// Weights as 4-bit codes, value code - 8, with an f16 scale per 32 of a row; a scale is stored times 256, out of f16's subnormal range.
// A block of 32 is one vec4, whose byte b holds the codes of elements b (low half) and b + 16 (high half).
//#import dot16
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes
@group(0) @binding(3) var<storage, read> w_scale: array<u32>; // [N, K / 32], two a word

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 32u) + k16 / 2u;
  return codes16(w[i], k16 & 1u) * scale(i);
}

// Sum of elements 32 * k32 .. 32 * k32 + 31 of row n, the first half times a, the second times b.
fn dot32(n: u32, k32: u32, k: u32, a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  let i = n * (k / 32u) + k32;
  let code = w[i];
  return (dot16(a, codes16(code, 0u)) + dot16(b, codes16(code, 1u))) * scale(i);
}

// Of block i.
fn scale(i: u32) -> f32 {
  let scales = unpack2x16float(w_scale[i / 2u]);
  return select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625;
}

fn codes16(code: vec4<u32>, half: u32) -> mat4x4<f32> {
  let shift = vec4<u32>(0u, 8u, 16u, 24u) + 4u * half;
  return mat4x4<f32>(codes4(code.x, shift), codes4(code.y, shift), codes4(code.z, shift), codes4(code.w, shift));
}

// By the bits of 2^23 + code, which costs software adapters less than conversions; exact.
fn codes4(code: u32, shift: vec4<u32>) -> vec4<f32> {
  let bits = ((vec4<u32>(code) >> shift) & vec4<u32>(15u)) | vec4<u32>(0x4b000000u);
  return bitcast<vec4<f32>>(bits) - 8388616.0;
}
