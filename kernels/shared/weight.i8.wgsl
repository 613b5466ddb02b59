// Weights as int8 codes with an f16 scale per 32 of a row; a scale is stored times 256, out of f16's subnormal range.
requires packed_4x8_integer_dot_product;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes
@group(0) @binding(3) var<storage, read> w_scale: array<u32>; // [N, K / 32], two a word

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let code = w[n * (k / 16u) + k16];
  let i = n * (k / 32u) + k16 / 2u;
  let scales = unpack2x16float(w_scale[i / 2u]);
  let s = select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625;
  return mat4x4<f32>(
    vec4<f32>(unpack4xI8(code.x)) * s,
    vec4<f32>(unpack4xI8(code.y)) * s,
    vec4<f32>(unpack4xI8(code.z)) * s,
    vec4<f32>(unpack4xI8(code.w)) * s,
  );
}
