// Rung: pure. Orders against their definitions, and the local search that reorders.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../src/allocator/clock.ts';
import { createIncumbent } from '../../src/allocator/improver.ts';
import { compileInstance } from '../../src/allocator/instance.ts';
import { peakBytes } from '../../src/allocator/lower_bound.ts';
import { createSorter, type Key } from '../../src/allocator/orders.ts';
import { createPlacer } from '../../src/allocator/placement.ts';
import { createRandom } from '../../src/allocator/random.ts';
import { promoteHigh } from '../../src/allocator/search.ts';
import { anyProblem, readInstance } from './problems.ts';

describe('[pure] createSorter', () => {
  it('sorts by the most bytes live in a life, and by buffers met', () => {
    fc.assert(
      fc.property(anyProblem({ count: 30, times: 40, size: 9 }), (problem) => {
        const { buffers } = problem;
        const sort = createSorter(compileInstance(problem));
        const meets = (b: number) =>
          buffers.filter((other, c) => c !== b && other.lower < buffers[b].upper && buffers[b].lower < other.upper);
        const live = (time: number) =>
          buffers.reduce((sum, one) => sum + (one.lower <= time && time < one.upper ? one.size : 0), 0);
        const starts = (b: number) => [b, ...meets(b).map((one) => buffers.indexOf(one))].map((c) => buffers[c].lower);
        const peak = (b: number) =>
          Math.max(
            ...starts(b)
              .filter((t) => t >= buffers[b].lower)
              .map(live),
          );
        const expected = (value: (b: number) => number) =>
          buffers.map((_, b) => b).sort((a, b) => value(b) - value(a) || a - b);
        expect([...sort(['peak'])]).toEqual(expected(peak));
        expect([...sort(['conflicts'])]).toEqual(expected((b) => meets(b).length));
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  it('breaks ties by the next key, then by index', () => {
    const buffers = [
      { id: 'a', lower: 0, upper: 4, size: 2 },
      { id: 'b', lower: 1, upper: 3, size: 4, hint: 8 },
      { id: 'c', lower: 0, upper: 4, size: 4, hint: 0 },
      { id: 'd', lower: 1, upper: 3, size: 4 },
    ];
    const sort = createSorter(compileInstance({ buffers }));
    const names = (...keys: Key[]) => Array.from(sort(keys), (b) => buffers[b].id).join('');
    expect(names('size')).toBe('bcda');
    expect(names('size', 'duration')).toBe('cbda');
    expect(names('area')).toBe('cabd');
    expect(names('whole', 'size')).toBe('cabd');
    expect(names('start', 'size')).toBe('cabd');
    expect(names('end', 'sections')).toBe('acbd');
    expect(names('hint')).toBe('cbad');
  });
});

describe('[pure] promoteHigh', () => {
  it('brings resnet50 below 1.003 x the bound in 150 placements', () => {
    const instance = compileInstance(readInstance('resnet50'));
    const incumbent = createIncumbent(instance, peakBytes(instance), 0);
    const clock = createClock(Number.POSITIVE_INFINITY, 60_000);
    const steps = promoteHigh({ instance, placer: createPlacer(instance), incumbent, clock, random: createRandom(1) });
    for (let step = 0; step < 150; step++) steps.next();
    expect(incumbent.height / incumbent.lowerBound).toBeLessThan(1.003);
  });
});
