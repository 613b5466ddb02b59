// Rung: pure. Attention scores to DTW's cost, against openai's chain on torch.

import { expect, test } from 'vitest';
import { DeviceError, OptionError } from '../../../src/errors.ts';
import { alignmentCost, filterHead, type HeadScores } from '../../../src/whisper/words/attention_chain.ts';
import { goldenJson } from '../../support/goldens.ts';

interface Golden {
  readonly shape: readonly [heads: number, tokens: number, frames: number];
  readonly qk: readonly number[][][];
  readonly filtered: readonly number[][][];
  readonly mean_over_heads: readonly number[][];
}

const goldens = goldenJson<{ attention_filter: Golden[] }>('timing.json').attention_filter;

function scoresOf({ shape: [heads, tokens, frames], qk }: Golden): HeadScores {
  return { values: Float32Array.from(qk.flat(2)), heads, tokens, frames };
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...expected.map((e, i) => Math.abs(actual[i]! - e)));
  expect(worst).toBeLessThan(1e-5); // torch computes in f32
}

test.each(goldens)('scores of $shape are filtered as in the golden', (golden) => {
  const { values, heads, tokens, frames } = scoresOf(golden);
  for (let h = 0; h < heads; h++) {
    const out = new Float64Array(tokens * frames);
    filterHead(values.subarray(h * tokens * frames, (h + 1) * tokens * frames), frames, frames, out);
    expectClose(out, golden.filtered[h]!.flat());
  }
});

test.each(goldens)('the cost of $shape is minus the mean over heads, without the rows of sot and eot', (golden) => {
  const [, tokens, frames] = golden.shape;
  const cost = alignmentCost(scoresOf(golden), { sotLength: 1, columns: frames });
  const expected = golden.mean_over_heads.slice(1, tokens - 1).flat();
  expectClose(
    cost,
    expected.map((x) => -x),
  );
});

/** Scores that differ everywhere. */
function wavy(heads: number, tokens: number, frames: number): HeadScores {
  const values = Float32Array.from({ length: heads * tokens * frames }, (_, i) => 4 * Math.sin(i * i * 0.37));
  return { values, heads, tokens, frames };
}

test('frames without audio are cut off before the softmax', () => {
  const whole = wavy(2, 5, 20);
  const cut: HeadScores = { ...wavy(2, 5, 13), values: whole.values.filter((_, i) => i % 20 < 13) };
  expect(alignmentCost(whole, { sotLength: 1, columns: 13 })).toEqual(
    alignmentCost(cut, { sotLength: 1, columns: 13 }),
  );
});

test('weights are normalised over tokens, not over frames', () => {
  const [tokens, frames] = [5, 3]; // too few frames for the median to change anything
  const out = new Float64Array(tokens * frames);
  filterHead(wavy(1, tokens, frames).values, frames, frames, out);
  for (let j = 0; j < frames; j++) {
    const column = Array.from({ length: tokens }, (_, i) => out[i * frames + j]!);
    expect(column.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 12);
    expect(column.reduce((sum, x) => sum + x * x, 0) / tokens).toBeCloseTo(1, 12); // the population's variance
  }
});

test('scores far below the highest do not end in NaN, a single frame does, as in openai’s code', () => {
  const scores = wavy(1, 5, 10);
  for (let i = 0; i < 5; i++) scores.values[i * 10] = 200; // in f32 all other weights would be 0
  expect(alignmentCost(scores, { sotLength: 1, columns: 10 }).every(Number.isFinite)).toBe(true);
  expect(alignmentCost(scores, { sotLength: 1, columns: 1 }).every(Number.isNaN)).toBe(true);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a score of %s is refused', (bad) => {
  const scores = wavy(2, 5, 10);
  scores.values[73] = bad;
  expect(() => alignmentCost(scores, { sotLength: 1, columns: 10 })).toThrow(DeviceError);
});

test('sizes that do not fit are refused', () => {
  const scores = wavy(2, 5, 10);
  expect(() => alignmentCost({ ...scores, heads: 3 }, { sotLength: 1, columns: 10 })).toThrow(OptionError);
  expect(() => alignmentCost(scores, { sotLength: 4, columns: 10 })).toThrow(/text rows and columns within \[5, 10\]/);
  expect(() => alignmentCost(scores, { sotLength: 1, columns: 11 })).toThrow(OptionError);
});
