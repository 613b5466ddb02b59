// Rung: pure. Bounds, orders and placements: the parts that every packing is built from.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lowerBound,
  naiveBytes,
  ORDERS,
  type OrderName,
  packBuffers,
  packInOrder,
  peakMoment,
} from '../../src/allocator/index.ts';
import { createRandom } from '../../src/allocator/random.ts';
import { anyProblem, faultsOf, fromRows } from './problems.ts';

describe('[pure] bounds', () => {
  it('take the most bytes live at once, rounded up to the shared alignment', () => {
    const buffers = fromRows([[0, 2, 5], [1, 3, 6], [2, 4, 9]]); // biome-ignore format: a table
    expect(lowerBound({ buffers })).toBe(15);
    expect(lowerBound({ buffers: buffers.map((one) => ({ ...one, alignment: 4 })) })).toBe(20);
    expect(naiveBytes({ buffers })).toBe(20);
    expect(lowerBound({ buffers: [] })).toBe(0);
  });

  it('count of a gap only what stays live', () => {
    const gaps = [{ lower: 2, upper: 4, window: { lower: 0, upper: 1 } }];
    const buffers = [{ id: 'a', lower: 0, upper: 9, size: 8, gaps }, ...fromRows([[2, 4, 9]])];
    expect(lowerBound({ buffers })).toBe(10);
  });
});

describe('[pure] peakMoment', () => {
  it('names the first moment of most bytes, and who is live then', () => {
    const gaps = [{ lower: 2, upper: 4 }];
    const buffers = [{ id: 'a', lower: 0, upper: 9, size: 8, gaps }, ...fromRows([[1, 5, 6], [2, 4, 7], [4, 6, 1]])]; // biome-ignore format: a table
    expect(peakMoment({ buffers })).toEqual({ time: 4, buffers: [0, 1, 3] });
    expect(peakMoment({ buffers: buffers.slice(1) })).toEqual({ time: 2, buffers: [0, 1] });
    expect(peakMoment({ buffers: [] })).toBeUndefined();
  });
});

describe('[pure] packInOrder', () => {
  // c and d leave a hole of 4 and one of 2 when placed; e would fit both
  const holes = { buffers: fromRows([[0, 9, 3], [0, 2, 4], [0, 9, 3], [0, 2, 2], [0, 9, 1], [3, 9, 2]]) }; // biome-ignore format: a table

  it('fills the lowest hole, or the tightest', () => {
    expect(packInOrder(holes, 'execution', 'lowest').offsets).toEqual([0, 3, 7, 10, 12, 3]);
    expect(packInOrder(holes, 'execution', 'tightest').offsets).toEqual([0, 3, 7, 10, 12, 10]);
  });

  it('takes buffers that live throughout first in the order of TensorFlow Lite', () => {
    const buffers = fromRows([[0, 2, 9], [1, 4, 5], [0, 4, 1]]); // biome-ignore format: a table
    expect(packInOrder({ buffers }, 'tflite', 'tightest')).toEqual({ height: 15, offsets: [1, 10, 0] });
    expect(packInOrder({ buffers }, 'size', 'lowest')).toEqual({ height: 15, offsets: [0, 9, 14] });
  });

  it('is valid in every order and fit, gaps and alignments included', () => {
    const shape = { count: 30, times: 20, size: 300, alignments: [1, 6, 16], gaps: true };
    fc.assert(
      fc.property(anyProblem(shape), (problem) => {
        for (const order of Object.keys(ORDERS) as OrderName[]) {
          for (const fit of ['lowest', 'tightest'] as const) {
            expect(faultsOf(problem, packInOrder(problem, order, fit))).toEqual([]);
          }
        }
      }),
      { numRuns: 30, seed: 5 },
    );
  });
});

describe('[pure] thousands of buffers', () => {
  const random = createRandom(7);
  const draw = (below: number) => Math.floor(random() * below);
  // Short lives, some long ones: enough buffers for full blocks and shelves of parts of time.
  const buffers = Array.from({ length: 5000 }, (_, id) => {
    const lower = draw(20_000);
    return {
      id,
      lower,
      upper: lower + 1 + draw(id % 50 === 0 ? 20_000 : 200),
      size: 1 + draw(id % 7 === 0 ? 5000 : 50),
    };
  });

  it('are packed validly, and close to the bound', () => {
    const packing = packBuffers({ buffers }, { timeLimitMs: 60_000 });
    expect(faultsOf({ buffers }, packing)).toEqual([]);
    expect(packing.height / packing.lowerBound).toBeLessThan(1.02);
  });

  it('go where the plainest placement puts them', () => {
    const some = buffers.slice(0, 2500);
    const placed: { lower: number; upper: number; bottom: number; top: number }[] = [];
    const offsets = some.map(({ lower, upper, size }, b) => [lower, upper, size, b] as const);
    offsets.sort((a, b) => a[0] - b[0] || a[3] - b[3]); // as ORDERS.execution
    const expected: number[] = [];
    for (const [lower, upper, size, b] of offsets) {
      const met = placed.filter((other) => other.lower < upper && lower < other.upper);
      const starts = [0, ...met.map(({ top }) => top)].sort((s, t) => s - t);
      const bottom = starts.find((at) => met.every((other) => at + size <= other.bottom || other.top <= at))!;
      placed.push({ lower, upper, bottom, top: bottom + size });
      expected[b] = bottom;
    }
    expect(packInOrder({ buffers: some }, 'execution', 'lowest').offsets).toEqual(expected);
  });
});
