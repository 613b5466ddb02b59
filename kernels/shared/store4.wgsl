// How a matrix product ends, four columns at a time: bias, GELU, or added to what y holds. Nothing outside [M, N] is touched.
fn store4(m: u32, n: u32, sum: vec4<f32>) {
  if (m >= params.m || n >= params.n) { return; }
  let i = (m * params.n + n) / 4u;
  var value = sum + bias4(n / 4u);
  if (params.gelu != 0u) { value = gelu(value); }
  if (params.accumulate != 0u) { value += y[i]; }
  y[i] = value;
}
