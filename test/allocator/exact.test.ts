// Rung: pure. What the packer claims to be optimal is: against brute force, cut rectangles and published instances.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBuffers } from '../../src/allocator/index.ts';
import { MemoryError } from '../../src/errors.ts';
import {
  anyCutRectangle,
  anyProblem,
  bruteForce,
  faultsOf,
  fitsOnGrid,
  fromRows,
  IMPERFECT,
  readInstance,
} from './problems.ts';

describe('[pure] effort exact', () => {
  it('finds the optimum of every problem of up to six buffers', () => {
    const problems = fc.oneof(
      anyProblem({ count: 6, times: 6, size: 5 }),
      anyProblem({ count: 6, times: 4, size: 1e9, alignments: [1] }),
      anyProblem({ count: 6, times: 6, size: 30, alignments: [8] }),
    );
    fc.assert(
      fc.property(problems, (problem) => {
        const packing = packBuffers(problem, { effort: 'exact' });
        expect(packing.height).toBe(problem.buffers.length === 0 ? 0 : bruteForce(problem));
        expect(packing).toMatchObject({ optimal: true, stop: 'optimal', lowerBound: packing.height });
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it.each(IMPERFECT)('proves that $live bytes live do not fit in as many', ({ live, rows }) => {
    const buffers = fromRows(rows);
    const packing = packBuffers({ buffers }, { effort: 'exact' });
    expect(packing).toMatchObject({ height: live + 1, lowerBound: live + 1, optimal: true });
    expect(faultsOf({ buffers }, packing)).toEqual([]);
    expect(fitsOnGrid(buffers, live + 1)).toBe(true);
    expect(fitsOnGrid(buffers, live)).toBe(false);
    const refused = () => packBuffers({ buffers, capacity: live }, { effort: 'exact' });
    expect(refused).toThrow(MemoryError);
    expect(refused).toThrow(`none exists because none is lower than ${live + 1}`);
  });

  it('puts cut rectangles together again', () => {
    fc.assert(
      fc.property(anyCutRectangle(24, 60), (problem) => {
        const packing = packBuffers(problem, { effort: 'exact' });
        expect(packing).toMatchObject({ height: 60, optimal: true });
        expect(faultsOf(problem, packing)).toEqual([]);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

describe("[pure] MiniMalloc's challenging instances", () => {
  it.each([...'ABCDEFGHIJK'])('%s fits its capacity of 1 MiB', (name) => {
    const problem = { ...readInstance(`${name}.1048576`), capacity: 1048576 };
    const packing = packBuffers(problem, { effort: 'exact' });
    expect(packing.height).toBeLessThanOrEqual(1048576);
    expect(faultsOf(problem, packing)).toEqual([]);
  });

  it('C goes down to its lower bound', () => {
    const packing = packBuffers(readInstance('C.1048576'), { effort: 'exact' });
    expect(packing).toMatchObject({ height: 1039360, optimal: true });
  });

  it.each([
    ['A.1048576', 1],
    ['D.1048576', 1.1],
    ['E.1048576', 1],
    ['I.1048576', 1],
    ['J.1048576', 1.1],
    ['K.1048576', 1],
    ['G_1', 1.003],
    ['resnet50', 1.003],
  ])('%s is within %d of the bound with effort fast', (name, ratio) => {
    const problem = readInstance(name);
    const packing = packBuffers(problem, { effort: 'fast', timeLimitMs: 60_000 }); // so that work, not time, ends it
    expect(packing.height / packing.lowerBound).toBeLessThanOrEqual(ratio);
    expect(faultsOf(problem, packing)).toEqual([]);
  });
});
