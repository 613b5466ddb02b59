// Rung: pure. The tree search by itself, without heuristics that would hide its mistakes: it packs what can be packed
// and refutes what cannot, as trying every offset does.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../src/allocator/clock.ts';
import type { Buffer } from '../../src/allocator/index.ts';
import { compileInstance } from '../../src/allocator/instance.ts';
import { createTreeModel } from '../../src/allocator/tree_model.ts';
import { TreeSearch } from '../../src/allocator/tree_search.ts';
import { anyFullProblem, faultsOf, fitsOnGrid } from './problems.ts';

/** Searches at one capacity after the other, with one search's memory, and compares each outcome with enumeration. */
function compareOutcomes(buffers: readonly Buffer[], spare: readonly number[], weighted: boolean): void {
  const model = createTreeModel(compileInstance({ buffers }))!;
  const search = new TreeSearch(model);
  const rank = Int32Array.from({ length: model.count }, (_, b) => b);
  const live = Math.max(...model.live);
  const bytes = buffers.map(({ size }) => size / model.unit);
  const small = buffers.map((one, b) => ({ ...one, size: bytes[b] }));
  for (const units of spare) {
    const capacity = live + units;
    const run = search.run(capacity, { rank, weighted }, Number.POSITIVE_INFINITY, createClock(1e9, 60_000));
    let step = run.next();
    while (!step.done) step = run.next();
    const outcome = step.value;
    expect(outcome).toBe(fitsOnGrid(small, capacity) ? 'packed' : 'impossible');
    if (outcome === 'packed') {
      const offsets = Array.from(search.offset);
      const height = Math.max(...offsets.map((offset, b) => offset + bytes[b]));
      expect(height).toBeLessThanOrEqual(capacity);
      expect(faultsOf({ buffers: small }, { offsets, height })).toEqual([]);
    } else {
      for (let c = capacity + 1; c < search.nextCapacity(capacity); c++) expect(fitsOnGrid(small, c)).toBe(false);
    }
  }
}

describe('[pure] TreeSearch', () => {
  it.each([
    ['few sizes', anyFullProblem(7, 6, [1, 2, 3])],
    ['odd sizes', anyFullProblem(6, 11, [2, 3, 5])],
  ])('agrees with enumeration on full problems with %s', (_, full) => {
    // Without some of its buffers a problem has room to waste here and none there.
    const problem = fc.tuple(full, fc.nat(3), fc.boolean());
    fc.assert(
      fc.property(problem, ([buffers, dropped, weighted]) => {
        const some = buffers.slice(0, Math.min(buffers.length - dropped, 12));
        compareOutcomes(some, [1, 0, 2, 0], weighted);
      }),
      { numRuns: 1500, seed: 6 },
    );
  });
});
