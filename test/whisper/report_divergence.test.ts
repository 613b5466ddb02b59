// Rung: pure. Divergence of next-token distributions, against numbers computed by hand.

import { describe, expect, it } from 'vitest';
import { argmax, comparePosition, klDivergence, logSoftmax, summarise } from '../../src/whisper/report_divergence.ts';

/** Logits of given probabilities, moved by any amount. */
const logits = (probabilities: readonly number[], shift = 0) => probabilities.map((p) => Math.log(p) + shift);

describe('[pure] logSoftmax', () => {
  it('is the logarithm of probabilities, however far the logits are moved', () => {
    for (const shift of [0, 5, -1000, 1e6]) {
      const got = logSoftmax(logits([0.5, 0.25, 0.125, 0.125], shift));
      [0.5, 0.25, 0.125, 0.125].forEach((p, i) => {
        expect(got[i]!).toBeCloseTo(Math.log(p), 8);
      });
    }
  });

  it('sums to one over a whole vocabulary, of logits in f32', () => {
    const row = Float32Array.from({ length: 51864 }, (_, i) => 20 * Math.sin(i));
    expect(logSoftmax(row).reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 12);
  });
});

describe('[pure] klDivergence', () => {
  const between = (p: readonly number[], q: readonly number[]) =>
    klDivergence(logSoftmax(logits(p)), logSoftmax(logits(q)));

  it('is what the formula gives', () => {
    // 1/2 log(1/2 / 1/4) + 1/2 log(1/2 / 3/4) = log 2 - 1/2 log 3; the other way 1/4 log 1/2 + 3/4 log 3/2
    expect(between([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(Math.LN2 - Math.log(3) / 2, 14);
    expect(between([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(0.14384103622589042, 14);
    expect(between([0.25, 0.75], [0.5, 0.5])).toBeCloseTo(0.13081203594113694, 14);
    // 1/2 log 3/2 + 1/2 log 3/4 = log 3 - 3/2 log 2
    expect(between([0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3])).toBeCloseTo(0.05889151782819174, 14);
  });

  it('is exactly 0 of the same logits, never negative, and does not see a shift', () => {
    const p = [0.7, 0.2, 0.1];
    expect(between(p, p)).toBe(0);
    const moved = klDivergence(logSoftmax(logits(p)), logSoftmax(logits(p, 3)));
    expect(moved).toBeGreaterThanOrEqual(0);
    expect(moved).toBeLessThan(1e-15);
  });

  it('leaves out what cannot be picked, and is infinite where only the other cannot', () => {
    expect(between([1, 0], [0.5, 0.5])).toBeCloseTo(Math.LN2, 14);
    expect(between([0.5, 0.5], [1, 0])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('[pure] summary', () => {
  it('has mean and maximum, and the share of positions with the same most probable token', () => {
    const rows: [number[], number[]][] = [
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      [
        [0.5, 0.5],
        [0.25, 0.75],
      ],
      [
        [0.25, 0.75],
        [0.5, 0.5],
      ],
      [
        [0.25, 0.75],
        [0.25, 0.75],
      ],
    ];
    const summary = summarise(rows.map(([p, q]) => comparePosition(logits(p), logits(q))));
    expect(summary).toMatchObject({ sameArgmax: 0.5, positions: 4 });
    expect(summary.maxKl).toBeCloseTo(0.14384103622589042, 14);
    expect(summary.meanKl).toBeCloseTo((0.14384103622589042 + 0.13081203594113694) / 4, 14);
  });

  it('takes the first of equally probable tokens', () => {
    expect(argmax([1, 3, 3, 2])).toBe(1);
    expect(argmax(Float32Array.of(-5, -7))).toBe(0);
  });
});
