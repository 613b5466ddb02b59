// Bytes of words as floats without shifts, which SwiftShader does lane by lane: each byte is converted where it lies in its word, so that
// byte b comes out times 256^b, and the factor beside it is divided by that. All of it is exact.

// (byte b of code[i] - 128) * 256^b as element 4 * i + b; byte 3 comes with its highest bit flipped, that is with a sign.
fn bytes16(code: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(bytes4(code.x), bytes4(code.y), bytes4(code.z), bytes4(code.w));
}
fn bytes4(code: u32) -> vec4<f32> {
  let bytes = vec4<u32>(code) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);
  return vec4<f32>(bitcast<vec4<i32>>(bytes)) - vec4<f32>(128.0, 32768.0, 8388608.0, 0.0);
}

// Elements divided by the factors above.
fn in_place(a: mat4x4<f32>) -> mat4x4<f32> {
  let unit = vec4<f32>(1.0, 0.00390625, 1.52587890625e-5, 5.9604644775390625e-8);
  return mat4x4<f32>(a[0] * unit, a[1] * unit, a[2] * unit, a[3] * unit);
}
