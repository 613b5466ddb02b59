// Two f16 of a word as floats, for caches and scales: on some adapters subnormals become 0, which weights are to be spared.
override SLOW_UNPACK: bool = false; // unpack2x16float takes some 80 instructions on SwiftShader, which shifts lane by lane

fn halves(p: u32) -> vec2<f32> {
  if (!SLOW_UNPACK) { return unpack2x16float(p); }
  // Exponent and fraction moved to where f32 has them: the value times 2^-112.
  let low = ((p & 0x7fffu) * 8192u) | ((p & 0x8000u) * 65536u);
  let high = ((p >> 3u) & 0x0fffe000u) | (p & 0x80000000u);
  return bitcast<vec2<f32>>(vec2<u32>(low, high)) * 5.192296858534828e33;
}
fn halves4(p: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(halves(p.x), halves(p.y));
}
fn halves8(p: vec4<u32>) -> mat2x4<f32> {
  return mat2x4<f32>(halves4(p.xy), halves4(p.zw));
}
