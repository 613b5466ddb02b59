// Bytes of words as floats without shifts, which SwiftShader does lane by lane: each byte is converted where it lies in its word, so that
// byte b comes out times 256^b, and the factor beside it is divided by that. All of it is exact.

// Byte b times 256^b; byte 3 with a sign, the others without.
fn bytes4(code: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(code) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u)));
}

// What three bytes without a sign are too high by.
const MIDDLE = vec4<f32>(128.0, 32768.0, 8388608.0, 0.0);

// One over the factors above.
const UNIT = vec4<f32>(1.0, 0.00390625, 1.52587890625e-5, 5.9604644775390625e-8);

// Codes 0 .. 255 around a middle of 128, the fourth of each word with its highest bit flipped, as numbers around 0.
fn codes16(code: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(codes4(code.x), codes4(code.y), codes4(code.z), codes4(code.w));
}
fn codes4(code: u32) -> vec4<f32> {
  return (bytes4(code) - MIDDLE) * UNIT;
}

// int8 codes as numbers.
fn signed4(code: u32) -> vec4<f32> {
  return codes4(code ^ 0x00808080u);
}
// Eight of them times their scale, an f32.
fn widen8(a: u32, b: u32, scale: u32) -> mat2x4<f32> {
  return mat2x4<f32>(signed4(a), signed4(b)) * bitcast<f32>(scale);
}
