// 32 numbers to be multiplied with many blocks of codes: sum of x (byte - 128) = sum of x byte - 128 sum of x.
//#import bytes
//#import dot16
//#import product32
struct Factors32 {
  a: mat4x4<f32>,
  b: mat4x4<f32>,
  middle: f32,
}
fn factors32(a: mat4x4<f32>, b: mat4x4<f32>) -> Factors32 {
  let low = in_place(a);
  let high = in_place(b);
  let sum = low[0] + low[1] + low[2] + low[3] + (high[0] + high[1] + high[2] + high[3]);
  return Factors32(low, high, dot(sum, MIDDLE));
}
// Divided by what bytes come times.
fn in_place(a: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(a[0] * UNIT, a[1] * UNIT, a[2] * UNIT, a[3] * UNIT);
}

// 32 weights as codes, four a word, and the scale they share.
struct Block32 {
  a: vec4<u32>,
  b: vec4<u32>,
  scale: f32,
}
fn bytes16(code: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(bytes4(code.x), bytes4(code.y), bytes4(code.z), bytes4(code.w));
}
fn dot32(x: Factors32, w: Block32) -> f32 {
  return (dot16(x.a, bytes16(w.a)) + dot16(x.b, bytes16(w.b)) - x.middle) * w.scale;
}
