// Weights stored as f16 in an image of 1024 texels a row (src/graph/images.ts), 8 a texel, K contiguous.
//#import weight_halves
@group(0) @binding(2) var w: texture_storage_2d<rgba32uint, read>; // [N, K]

// Elements 8 * i .. 8 * i + 7.
fn packed8(i: u32) -> vec4<u32> {
  return textureLoad(w, vec2<u32>(i & 1023u, i >> 10u));
}
