// A block's product where the compiler may order the loads (weight_halves.wgsl orders its own). The importing kernel's weights have
// Factors32, block32 and dot32.

// x times elements 32 * k32 .. 32 * k32 + 31 of row n.
fn product32(x: Factors32, n: u32, k32: u32, k: u32) -> f32 {
  return dot32(x, block32(n, k32, k));
}
