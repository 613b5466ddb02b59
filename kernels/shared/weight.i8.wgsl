// Weights as int8 codes with a scale per 32 of a row.
//#import byte_factors
//#import scale
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>; // [N, K] codes

// Elements 16 * k16 .. 16 * k16 + 15 of row n of a matrix of k columns.
fn weight16(n: u32, k16: u32, k: u32) -> mat4x4<f32> {
  return codes16(biased(w[n * (k / 16u) + k16])) * scale(n * (k / 32u) + k16 / 2u);
}

// Elements 32 * k32 .. 32 * k32 + 31 of row n.
fn block32(n: u32, k32: u32, k: u32) -> Block32 {
  let i = n * (k / 32u) + k32;
  return Block32(biased(w[i * 2u]), biased(w[i * 2u + 1u]), scale(i));
}

fn biased(code: vec4<u32>) -> vec4<u32> {
  return code ^ vec4<u32>(0x00808080u);
}
