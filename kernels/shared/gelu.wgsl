// Exact GELU, x * Phi(x), with erf by its complement: erfc(z) = exp(-z^2) * P(t), t = 1 / (1 + 0.34 z), z >= 0.
// P is our own minimax fit, |error| < 8e-10, so what is left is f32 rounding. Whisper needs erf, not the tanh form.
fn gelu(x: vec4<f32>) -> vec4<f32> {
  let z = abs(x) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.34 * z);
  let p = t * (0.18014795 + t * (0.30505924 + t * (-0.28603597 + t * (1.21118575 + t * (-1.25098483 + t * (1.08761047 - t * 0.24698259))))));
  // Below 1e-17 nothing counts, and products with what is smaller yet would be subnormal, which CPUs compute ten times as slowly.
  let erfc = p * exp(-min(z * z, vec4<f32>(40.0)));
  return 0.5 * x * select(2.0 - erfc, erfc, x < vec4<f32>());
}
