// Weights that are f16, wherever they lie: the importing file has `packed8`. Unpacked without the shader-f16 feature.
//#import float_factors

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 8u) + k16 * 2u;
  let a = packed8(i);
  let b = packed8(i + 1u);
  return mat4x4<f32>(
    vec4<f32>(unpack2x16float(a.x), unpack2x16float(a.y)),
    vec4<f32>(unpack2x16float(a.z), unpack2x16float(a.w)),
    vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)),
    vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)),
  );
}
