// Rung: pure. The median filter against openai's, and against sorting every window.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { medianFilter } from '../../../src/whisper/words/median_filter.ts';
import { goldenJson } from '../../support/goldens.ts';

interface Golden {
  readonly shape: readonly number[];
  readonly width: number;
  readonly x: readonly unknown[];
  readonly y: readonly unknown[];
}

const flat = (nested: readonly unknown[]) => Float64Array.from(nested.flat(5) as number[]);

test.each(goldenJson<{ median_filter: Golden[] }>('timing.json').median_filter)(
  'rows of $shape under a width of $width are the golden ones',
  ({ shape, width, x, y }) => {
    const values = flat(x);
    medianFilter(values, shape.at(-1)!, width);
    expect(values).toEqual(flat(y));
  },
);

test('every value is the median of its window, reflected at the edges, NaN above all', () => {
  const row = fc.array(fc.constantFrom(-2, -1, -0, 0, 0.5, 1, 3, Number.NaN), { minLength: 4, maxLength: 30 });
  fc.assert(
    fc.property(row, fc.constantFrom(1, 3, 5, 7), (values, width) => {
      const filtered = Float64Array.from([...values, ...values]);
      medianFilter(filtered, values.length, width);
      const at = (j: number) => values[j < 0 ? -j : j >= values.length ? 2 * (values.length - 1) - j : j]!;
      const medians = values.map((_, j) => {
        const window = Array.from({ length: width }, (_, k) => at(j + k - (width - 1) / 2));
        return Float64Array.from(window).sort()[(width - 1) / 2]! + 0; // sorts NaN last; no -0
      });
      expect([...filtered].map((v) => v + 0)).toEqual([...medians, ...medians]);
    }),
  );
});

test('rows too short to reflect stay as they are', () => {
  const values = Float64Array.from([3, 1, 2]);
  medianFilter(values, 3, 7);
  expect([...values]).toEqual([3, 1, 2]);
});
