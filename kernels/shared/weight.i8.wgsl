// Weights as int8 codes with a scale per 32 of a row.
//#import bytes
//#import dot16
//#import scale
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  return in_place(codes16(w[n * (k / 16u) + k16]) * scale(n * (k / 32u) + k16 / 2u));
}

// Sum of elements 32 * k32 .. 32 * k32 + 31 of row n, the first half times a, the second times b.
fn dot32(n: u32, k32: u32, k: u32, a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  let i = n * (k / 32u) + k32;
  return (dot16(in_place(a), codes16(w[i * 2u])) + dot16(in_place(b), codes16(w[i * 2u + 1u]))) * scale(i);
}

fn codes16(code: vec4<u32>) -> mat4x4<f32> {
  return bytes16(code ^ vec4<u32>(0x00808080u));
}
