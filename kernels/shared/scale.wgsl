// Scales of blocks of weights.
//#import halves
@group(0) @binding(3) var<storage, read> w_scale: array<u32>; // [N, K / 32] f16, two a word, times 256: out of f16's subnormal range

// Of block i.
fn scale(i: u32) -> f32 {
  let scales = halves(w_scale[i / 2u]);
  return select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625;
}
