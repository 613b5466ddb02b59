// Rung: pure. How often something is timed, and over how many rounds.

import { describe, expect, it } from 'vitest';
import { takeSamples } from '../../src/gpu/samples.ts';

const SAMPLING = { sampleSeconds: 0.01, budgetSeconds: 0, fewest: 4 };

describe('[pure] takeSamples', () => {
  it('raises rounds until a go is long enough, and tells seconds of one', async () => {
    const asked: number[] = [];
    const samples = await takeSamples(async (rounds) => {
      asked.push(rounds);
      return rounds * 0.0001;
    }, SAMPLING);
    expect(asked).toEqual([1, 8, 64, 64, 64, 64]);
    expect(samples).toHaveLength(4);
    for (const seconds of samples) expect(seconds).toBeCloseTo(0.0001, 9);
  });

  it('leaves what is hopeless after one sample', async () => {
    expect(await takeSamples(async () => 3, { ...SAMPLING, hopeless: 2 })).toEqual([3]);
    expect(await takeSamples(async () => 2, { ...SAMPLING, hopeless: 2 })).toEqual([2, 2, 2, 2]);
  });
});
