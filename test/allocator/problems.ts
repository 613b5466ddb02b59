// Problems for the allocator's tests, and truths about small ones found by trying everything.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type Buffer, type Packing, type Problem, parseCsv, validatePacking } from '../../src/allocator/index.ts';

/** An instance of test/goldens/planner by file name, without `.csv`. */
export function readInstance(name: string): Problem {
  const url = new URL(`../goldens/planner/${name}.csv`, import.meta.url);
  return parseCsv(readFileSync(url, 'utf8'), name).problem;
}

/** Buffers from rows of [lower, upper, size]. */
export function fromRows(rows: readonly (readonly [number, number, number])[]): Buffer[] {
  return rows.map(([lower, upper, size], id) => ({ id, lower, upper, size }));
}

/** Problems full at every moment that need a byte more than is ever live: rare, and found by enumeration. */
export const IMPERFECT: readonly { live: number; rows: readonly (readonly [number, number, number])[] }[] = [
  // biome-ignore format: a table
  { live: 6, rows: [
    [4, 7, 1], [5, 9, 3], [3, 5, 2], [8, 9, 3], [0, 2, 2], [2, 3, 3], [7, 8, 3], [0, 4, 3], [3, 6, 1], [0, 2, 1],
    [4, 7, 1], [6, 7, 1], [4, 5, 1],
  ] },
  // biome-ignore format: a table
  { live: 18, rows: [
    [4, 8, 7], [6, 9, 3], [3, 7, 7], [4, 6, 4], [8, 9, 5], [8, 9, 9], [0, 1, 7], [0, 4, 5], [7, 8, 5], [0, 2, 3],
    [3, 4, 5], [7, 8, 3], [0, 1, 3],
  ] },
];

/** What the validator says of a packing, as sentences. */
export function faultsOf(problem: Problem, packing: Pick<Packing, 'offsets' | 'height'>): string[] {
  return validatePacking(problem, packing).map(({ rule, message }) => `${rule}: ${message}`);
}

/**
 * The least height of a few solid buffers of one alignment: every order, each buffer as low as it goes. One of the
 * orders is that of an optimal packing's offsets, so the best is optimal. n! n^3.
 */
export function bruteForce({ buffers }: Problem): number {
  const unit = buffers[0]?.alignment ?? 1;
  const round = (bytes: number) => Math.ceil(bytes / unit) * unit;
  const tops = new Map<number, number>(); // placed buffers and where they end
  let least = Number.POSITIVE_INFINITY;
  const extend = (height: number): void => {
    if (height >= least) return;
    if (tops.size === buffers.length) least = height;
    buffers.forEach((one, b) => {
      if (tops.has(b)) return;
      const met = [...tops].filter(([c]) => buffers[c].lower < one.upper && one.lower < buffers[c].upper);
      const starts = [0, ...met.map(([, top]) => top)].sort((s, t) => s - t);
      const free = (at: number) =>
        met.every(([c, top]) => top <= at || at + round(one.size) <= top - round(buffers[c].size));
      const top = starts.find(free)! + round(one.size);
      tops.set(b, top);
      extend(Math.max(height, top));
      tops.delete(b);
    });
  };
  extend(0);
  return least;
}

/** Whether small buffers fit into `capacity` bytes, at most 30: every offset of every buffer is tried. */
export function fitsOnGrid(buffers: readonly Buffer[], capacity: number): boolean {
  const used = new Map<number, number>(); // by time, a bit for each byte in use
  const tryFrom = (b: number): boolean => {
    if (b === buffers.length) return true;
    const { lower, upper, size } = buffers[b];
    const times = Array.from({ length: upper - lower }, (_, index) => lower + index);
    for (let offset = 0; offset + size <= capacity; offset++) {
      const bits = (2 ** size - 1) << offset;
      if (times.some((time) => ((used.get(time) ?? 0) & bits) !== 0)) continue;
      for (const time of times) used.set(time, (used.get(time) ?? 0) | bits);
      if (tryFrom(b + 1)) return true;
      for (const time of times) used.set(time, used.get(time)! & ~bits);
    }
    return false;
  };
  return tryFrom(0);
}

export interface Shape {
  readonly count: number;
  readonly times: number;
  readonly size: number;
  readonly alignments?: readonly number[];
  readonly gaps?: boolean;
}

/** Random problems. Each buffer draws one of the alignments; half of the buffers long enough for a gap have one. */
export function anyProblem({ count, times, size, alignments = [1], gaps = false }: Shape): fc.Arbitrary<Problem> {
  const buffer = fc.record({
    id: fc.nat(999),
    lower: fc.nat(times - 1),
    length: fc.integer({ min: 1, max: times }),
    size: fc.nat(size),
    alignment: fc.constantFrom(...alignments),
    gap: gaps ? fc.constantFrom('none', 'hole', 'window') : fc.constant('none'),
  });
  return fc.array(buffer, { maxLength: count }).map((drawn) => ({
    buffers: drawn.map(({ length, gap, ...rest }): Buffer => {
      const one = { ...rest, upper: rest.lower + length };
      if (gap === 'none' || length < 3 || one.size < 2) return one;
      const window = gap === 'window' ? { window: { lower: 1, upper: one.size } } : {};
      return { ...one, gaps: [{ lower: one.lower + 1, upper: one.upper - 1, ...window }] };
    }),
  }));
}

/** A rectangle of `times` x `height` cut into buffers, so that `height` is the optimum and no byte is ever free. */
export function anyCutRectangle(times: number, height: number): fc.Arbitrary<Problem> {
  const cut = fc.record({
    which: fc.nat(1e6),
    inTime: fc.boolean(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  return fc.array(cut, { minLength: 4, maxLength: 40 }).map((cuts) => {
    const buffers = [{ lower: 0, upper: times, size: height }];
    for (const { which, inTime, share } of cuts) {
      const index = which % buffers.length;
      const whole = buffers[index];
      const extent = inTime ? whole.upper - whole.lower : whole.size;
      if (extent < 2) continue;
      const first = 1 + Math.floor(share * (extent - 2));
      const parts = inTime
        ? [
            { ...whole, upper: whole.lower + first },
            { ...whole, lower: whole.lower + first },
          ]
        : [
            { ...whole, size: first },
            { ...whole, size: whole.size - first },
          ];
      buffers.splice(index, 1, ...parts);
    }
    return { buffers: buffers.map((one, id) => ({ id, ...one })) };
  });
}

/** Problems of `times` moments that are all full, `live` bytes each: the densest, and sometimes not packable so low. */
export function anyFullProblem(times: number, live: number, sizes: readonly number[]): fc.Arbitrary<Buffer[]> {
  const draws = fc.array(fc.tuple(fc.nat(1e6), fc.integer({ min: 1, max: 4 }), fc.nat(1e6)), {
    minLength: 60,
    maxLength: 60,
  });
  return draws.map((drawn) => {
    const free = Array.from({ length: times }, () => live);
    const buffers: Buffer[] = [];
    for (const [where, length, which] of drawn) {
      const open = [...free.keys()].filter((time) => free[time] >= sizes[0]);
      if (open.length === 0) break;
      const lower = open[where % open.length];
      let upper = lower + 1;
      while (upper < times && upper - lower < length && free[upper] >= sizes[0]) upper++;
      const room = Math.min(...free.slice(lower, upper));
      const fitting = sizes.filter((size) => size <= room);
      const size = fitting[which % fitting.length];
      for (let time = lower; time < upper; time++) free[time] -= size;
      buffers.push({ id: buffers.length, lower, upper, size });
    }
    return buffers;
  });
}
