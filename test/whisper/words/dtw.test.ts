// Rung: pure. Paths are openai's cell by cell, and no path is cheaper.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dtw } from '../../../src/whisper/words/dtw.ts';
import { goldenJson } from '../../support/goldens.ts';

interface Torch {
  readonly dtw: readonly { x: number[][]; text_indices: number[]; time_indices: number[] }[];
}
interface Scripted {
  readonly rows: number;
  readonly columns: number;
  readonly x: (number | null)[];
  readonly text_indices: number[];
  readonly time_indices: number[];
}

const goldens: readonly Scripted[] = [
  ...goldenJson<Torch>('timing.json').dtw.map((g) => ({
    ...g,
    rows: g.x.length,
    columns: g.x[0]!.length,
    x: g.x.flat(),
  })),
  ...goldenJson<Scripted[]>('words/dtw.json'),
];

test.each(goldens)(
  'the path through $rows x $columns is the golden one, ties and NaN included',
  ({ rows, columns, x, ...path }) => {
    const cost = Float64Array.from(x, (value) => value ?? Number.NaN);
    const { textIndices, timeIndices } = dtw(cost, rows, columns);
    expect([...textIndices]).toEqual(path.text_indices);
    expect([...timeIndices]).toEqual(path.time_indices);
  },
);

test('where steps tie, left wins even if it is the dearest', () => {
  // At the last cell diagonal and up cost 0, left costs 5: openai compares strictly and goes left.
  const { textIndices, timeIndices } = dtw(Float64Array.from([0, 0, 5, 0]), 2, 2);
  expect([...textIndices]).toEqual([0, 1, 1]);
  expect([...timeIndices]).toEqual([0, 0, 1]);
});

/** Least sum over all monotonic paths, by trying every one. */
function cheapest(x: readonly number[], columns: number, i: number, j: number): number {
  const cost = x[i * columns + j]!;
  if (i === 0 && j === 0) return cost;
  const before = [
    ...(i > 0 && j > 0 ? [cheapest(x, columns, i - 1, j - 1)] : []),
    ...(i > 0 ? [cheapest(x, columns, i - 1, j)] : []),
    ...(j > 0 ? [cheapest(x, columns, i, j - 1)] : []),
  ];
  return cost + Math.min(...before);
}

test('the path steps by 0 or 1, from corner to corner, and without ties none is cheaper', () => {
  const matrix = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.tuple(
        fc.constant(columns),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns }),
      ),
    );
  fc.assert(
    fc.property(matrix, ([columns, values]) => {
      const x = values.map((v, i) => v + Math.sin(i + 1) * 1e-3); // sums differ by more than f32 rounds away
      const { textIndices, timeIndices } = dtw(Float64Array.from(x), x.length / columns, columns);
      const sum = textIndices.reduce((total, i, k) => total + x[i * columns + timeIndices[k]!]!, 0);
      expect(sum).toBeCloseTo(cheapest(x, columns, x.length / columns - 1, columns - 1), 4);
      const steps = [...textIndices.slice(1)].map((i, k) => [
        i - textIndices[k]!,
        timeIndices[k + 1]! - timeIndices[k]!,
      ]);
      expect(steps.every(([di, dj]) => Math.max(di!, dj!) === 1 && Math.min(di!, dj!) >= 0)).toBe(true);
      expect([textIndices[0], timeIndices[0]]).toEqual([0, 0]);
      expect([textIndices.at(-1), timeIndices.at(-1)]).toEqual([x.length / columns - 1, columns - 1]);
    }),
  );
});
