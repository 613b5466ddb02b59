// Where row m of x begins, in vec4s; beyond the last row the last one again.
fn row_begin(m: u32) -> u32 {
  return (params.x_begin + min(m, params.m - 1u) * params.x_stride) / 4u;
}
