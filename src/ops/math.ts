// Arithmetic that several CPU twins share, in f64.

import type { HostTensor } from './op.ts';

/** The error function to f64 rounding: Taylor series near 0, continued fraction (Lentz) of erfc elsewhere. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * sum * 2) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)));
}

/** Whisper's GELU: x * Phi(x), exact. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}

/** Scales of block formats are stored times this power of two, clear of f16's subnormal range. */
export const SCALE_FACTOR = 256;

/** Weights along K that share a scale. */
export const BLOCK = 32;

/** A weight matrix in f64; block formats carry their scales `[N, K / 32]` beside. */
export function widenWeights(w: HostTensor, scale?: HostTensor): Float64Array {
  const wide = Float64Array.from(w.data);
  if (scale) {
    for (let i = 0; i < wide.length; i++) wide[i]! *= scale.data[Math.floor(i / BLOCK)]! / SCALE_FACTOR;
  }
  return wide;
}
