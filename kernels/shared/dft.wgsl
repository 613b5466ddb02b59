// The Fourier basis of a window of 400 samples under a periodic Hann window, computed where it is used: it never lies in memory.
const N_FFT = 400u;
const BINS = 208u; // 201, made a multiple of 16
const COLUMNS = 416u; // real parts of BINS bins, then imaginary parts
const WINDOW = 416u; // N_FFT, made a multiple of 32; the window is 0 from N_FFT on

// cos(2 pi j / 400), j < 400. WGSL's cos may be off by 5e-4; this is right to f32 rounding: fold to [0, pi / 2], then Taylor to x^14.
fn cosine(j: vec4<u32>) -> vec4<f32> {
  let folded = min(j, N_FFT - j); // [0, 200]
  let far = folded > vec4<u32>(100u);
  let x = vec4<f32>(select(folded, 200u - folded, far)) * 0.015707963267948967;
  let z = x * x;
  let c = 1.0 + z * (-0.5 + z * (4.1666668e-2 + z * (-1.3888889e-3 + z * (2.4801587e-5 + z * (-2.7557319e-7 + z * (2.0876757e-9 - z * 1.1470746e-11))))));
  return select(c, -c, far);
}

fn basis4(n: u32, k: vec4<u32>) -> vec4<f32> {
  let imaginary = n >= BINS;
  let bin = select(n, n - BINS, imaginary);
  // -sin(a) = cos(a + pi / 2): a quarter turn is 100 steps.
  let turn = (bin * k + select(0u, 100u, imaginary)) % N_FFT;
  let hann = 0.5 - 0.5 * cosine(k % N_FFT);
  return select(vec4<f32>(), cosine(turn) * hann, k < vec4<u32>(N_FFT));
}

// Weights 16 * k16 .. 16 * k16 + 15 of column n.
fn basis16(n: u32, k16: u32) -> mat4x4<f32> {
  let k = vec4<u32>(0u, 1u, 2u, 3u) + k16 * 16u;
  return mat4x4<f32>(basis4(n, k), basis4(n, k + 4u), basis4(n, k + 8u), basis4(n, k + 12u));
}
