// 32 numbers to be multiplied with many blocks of weights that are floats.
//#import dot16
struct Factors32 {
  a: mat4x4<f32>,
  b: mat4x4<f32>,
}
fn factors32(a: mat4x4<f32>, b: mat4x4<f32>) -> Factors32 {
  return Factors32(a, b);
}

struct Block32 {
  a: mat4x4<f32>,
  b: mat4x4<f32>,
}
// Elements 32 * k32 .. 32 * k32 + 31 of row n.
fn block32(n: u32, k32: u32, k: u32) -> Block32 {
  return Block32(weight16(n, k32 * 2u, k), weight16(n, k32 * 2u + 1u, k));
}
fn dot32(x: Factors32, w: Block32) -> f32 {
  return dot16(x.a, w.a) + dot16(x.b, w.b);
}
