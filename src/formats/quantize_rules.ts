// The rules that turn a block of 32 weights into small integers (levels) and one stored scale: f16 bits, times 2^8.
// Weight = level * scale. Which bytes the levels become is quantize.ts's matter.

import { f16Bits, f16Value } from './half.ts';

/** Elements along K that share a scale. */
export const BLOCK = 32;
/** Factor on every stored scale. */
export const SCALE_FACTOR = 256;

/** Levels of `weights` into `levels`; returns the stored scale, which is infinite or NaN if the weights do not fit. */
export type QuantizeRule = (weights: Float32Array, levels: Int8Array) => number;

/** The first weight of largest magnitude, with its sign; NaN if any is NaN. */
export function signedMax(weights: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (Math.abs(weight) > Math.abs(largest)) largest = weight;
    else if (Number.isNaN(weight)) return weight;
  }
  return largest;
}

/** int8: levels -127..127, nearest (ties to even) with the stored scale. */
export const nearestLevels: QuantizeRule = (weights, levels) => {
  const bits = f16Bits(Math.fround(Math.abs(signedMax(weights)) / 127) * SCALE_FACTOR);
  const scale = f16Value(bits) / SCALE_FACTOR;
  if (scale === 0) levels.fill(0);
  else nearest(weights, scale, -127, 127, levels);
  return bits;
};

/** q4_0's rule of ggml with 2h levels, -h..h-1: codes come from the scale before it is rounded. */
export function ggmlLevels(h: number): QuantizeRule {
  return (weights, levels) => {
    const d = Math.fround(signedMax(weights) / -h);
    const bits = f16Bits(d * SCALE_FACTOR);
    if ((bits & 0x7fff) === 0) {
      levels.fill(0);
      return bits;
    }
    const inverse = Math.fround(1 / d);
    for (let i = 0; i < weights.length; i++) {
      const code = Math.floor(Math.fround(Math.fround(weights[i]! * inverse) + (h + 0.5)));
      levels[i] = Math.min(2 * h - 1, code) - h;
    }
    return bits;
  };
}

const SEARCH_H = 8;
const RATIOS = Float32Array.from({ length: 19 }, (_, i) => (700 + 25 * i) / 1000); // 0.70, 0.725 ... 1.15

/**
 * int4 by search, levels -8..7. For both signs and every ratio r: d = ±r * m / -8, code with it, refit
 * d = sum(w q) / sum(q q) rounded to the stored f16, code again with that. The first of least sum (w - q d)^2 wins; a
 * block for which zero is best gets scale 0. Sums are in f64, so that the outcome does not hang on an order of
 * addition.
 */
export const searchInt4: QuantizeRule = (weights, levels) => {
  const start = Math.fround(signedMax(weights) / -SEARCH_H);
  if (!Number.isFinite(start)) return f16Bits(start);
  let best = 0;
  let leastError = 0;
  for (const weight of weights) leastError += weight * weight;
  for (const sign of [1, -1]) {
    for (const ratio of RATIOS) {
      const d = Math.fround(start * (sign * ratio));
      if (d === 0) continue;
      const bits = f16Bits(refit(weights, d) * SCALE_FACTOR);
      const error = squaredError(weights, f16Value(bits) / SCALE_FACTOR);
      if (!(error < leastError)) continue; // nor does a scale of zero, whose error is that of zeros, or NaN
      leastError = error;
      best = bits;
    }
  }
  if (best === 0) levels.fill(0);
  else nearest(weights, f16Value(best) / SCALE_FACTOR, -SEARCH_H, SEARCH_H - 1, levels);
  return best;
};

function nearest(weights: Float32Array, scale: number, low: number, high: number, levels: Int8Array): void {
  for (let i = 0; i < weights.length; i++) levels[i] = nearestLevel(weights[i]!, scale, low, high);
}

/** weight / scale to the nearest integer, ties to even: adding 1.5 * 2^52 leaves no room for a fraction. */
function nearestLevel(weight: number, scale: number, low: number, high: number): number {
  const noFraction = 3 * 2 ** 51;
  const level = Math.fround(weight / scale) + noFraction - noFraction;
  return Math.max(low, Math.min(high, level));
}

/** The scale of least squared error for the levels that `scale` gives, in f32; 0 where all of them are 0. */
function refit(weights: Float32Array, scale: number): number {
  let wq = 0;
  let qq = 0;
  for (let i = 0; i < weights.length; i++) {
    const level = nearestLevel(weights[i]!, scale, -SEARCH_H, SEARCH_H - 1);
    wq += weights[i]! * level;
    qq += level * level;
  }
  return qq === 0 ? 0 : Math.fround(wq / qq);
}

function squaredError(weights: Float32Array, scale: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const rest = weights[i]! - nearestLevel(weights[i]!, scale, -SEARCH_H, SEARCH_H - 1) * scale;
    sum += rest * rest;
  }
  return sum;
}
