// Rung: pure. The validator names every rule that is broken; next to each invalid packing stands the valid one.

import { describe, expect, it } from 'vitest';
import { type Problem, validatePacking } from '../../src/allocator/index.ts';

const problem: Problem = {
  buffers: [
    { id: 'a', lower: 0, upper: 4, size: 8, alignment: 4 },
    { id: 'b', lower: 2, upper: 6, size: 8, alignment: 4 },
    { id: 'c', lower: 4, upper: 9, size: 6, alignment: 2 },
  ],
  capacity: 16,
};
const valid = { offsets: [0, 8, 0], height: 16 };

describe('[pure] validatePacking', () => {
  it('has nothing to say of a valid packing', () => {
    expect(validatePacking(problem, valid)).toEqual([]);
    expect(validatePacking({ buffers: [] }, { offsets: [], height: 0 })).toEqual([]);
  });

  it.each([
    ['count', { ...valid, offsets: [0, 8] }, [], '2 offsets for 3 buffers'],
    ['offset', { ...valid, offsets: [0, 8, -2] }, [2], 'c lies at -2'],
    ['offset', { ...valid, offsets: [0, 8, Number.NaN] }, [2], 'c lies at NaN'],
    ['alignment', { ...valid, offsets: [0, 8, 1] }, [2], 'c lies at 1, no multiple of 2'],
    ['capacity', { offsets: [0, 12, 0], height: 20 }, [1], 'b ends at 20, above 16'],
    ['overlap', { offsets: [0, 4, 12], height: 18 }, [0, 1], 'a at 0 and b at 4 meet at time 2'],
    ['height', { ...valid, height: 18 }, [], 'height is given as 18, the buffers need 16'],
    ['height', { ...valid, height: 14 }, [], 'height is given as 14, the buffers need 16'],
  ] as const)('finds a wrong %s', (rule, packing, buffers, message) => {
    expect(validatePacking(problem, packing)).toContainEqual({ rule, buffers, message });
  });

  it('rounds the height up to the alignment that all buffers share', () => {
    const odd = { buffers: problem.buffers.map((one) => ({ ...one, size: 7 })), capacity: 16 };
    expect(validatePacking(odd, { offsets: [0, 8, 0], height: 16 })).toEqual([]);
    expect(validatePacking(odd, { offsets: [0, 8, 0], height: 15 })[0]?.rule).toBe('height');
  });

  it('lets buffers meet in the holes of gaps, not in their windows', () => {
    const long = { id: 'long', lower: 0, upper: 9, size: 8 };
    const guest = { id: 'guest', lower: 3, upper: 6, size: 4 };
    const faults = (gap: object, offset: number) =>
      validatePacking(
        { buffers: [{ ...long, gaps: [{ lower: 3, upper: 6, ...gap }] }, guest] },
        { offsets: [0, offset], height: 8 },
      );
    expect(faults({}, 4)).toEqual([]);
    expect(faults({ window: { lower: 0, upper: 4 } }, 4)).toEqual([]);
    expect(faults({ window: { lower: 0, upper: 5 } }, 4).map(({ rule }) => rule)).toEqual(['overlap']);
    expect(faults({ upper: 5 }, 4)[0]?.message).toBe('long at 0 and guest at 4 meet at time 5');
  });
});
