// 32 of a row of x as factors of blocks of weights, loaded by the lanes together and shared by broadcasts.
// The importing kernel imports weight and norm, and calls take_row first where rows are normalised.
override LANES: u32 = 4u; // the adapter's subgroup size, 4 or more

// Elements 32 * k32 .. 32 * k32 + 31 of the row that begins at x[first].
fn row32(first: u32, k32: u32, lane: u32) -> Factors32 {
  let own = x4(first, k32 * 8u + lane % min(LANES, 8u));
  if (LANES < 8u) { return factors32(of_lanes_0(own), of_lanes_0(x4(first, k32 * 8u + 4u + lane))); }
  return factors32(of_lanes_0(own), of_lanes_4(own));
}

fn of_lanes_0(v: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(subgroupBroadcast(v, 0u), subgroupBroadcast(v, 1u), subgroupBroadcast(v, 2u), subgroupBroadcast(v, 3u));
}
fn of_lanes_4(v: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(subgroupBroadcast(v, 4u), subgroupBroadcast(v, 5u), subgroupBroadcast(v, 6u), subgroupBroadcast(v, 7u));
}
