// Weights that are f16, wherever they lie: the importing file has `packed8`. Unpacked without the shader-f16 feature.
//#import float_factors

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  let i = n * (k / 8u) + k16 * 2u;
  return halves16(packed8(i), packed8(i + 1u));
}

fn halves16(a: vec4<u32>, b: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    vec4<f32>(unpack2x16float(a.x), unpack2x16float(a.y)),
    vec4<f32>(unpack2x16float(a.z), unpack2x16float(a.w)),
    vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)),
    vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)),
  );
}

// x times elements 32 * k32 .. 32 * k32 + 31 of row n, all of which are on their way before the first is unpacked.
fn product32(x: Factors32, n: u32, k32: u32, k: u32) -> f32 {
  let i = n * (k / 8u) + k32 * 4u;
  let a = packed8(i);
  let b = packed8(i + 1u);
  let c = packed8(i + 2u);
  let d = packed8(i + 3u);
  return dot16(x.a, halves16(a, b)) + dot16(x.b, halves16(c, d));
}
