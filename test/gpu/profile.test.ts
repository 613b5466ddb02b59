// Rung: pure. The sums of a profile: by phase, by kernel, on the host, and what one window of it is.

import { describe, expect, it } from 'vitest';
import { firstWindow, gaps, hostTotals, kernelTotals, type Profile, phaseTotals } from '../../src/gpu/profile.ts';
import { handmadeProfile } from '../support/profile.ts';

const profile = handmadeProfile();
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('[pure] sums of a profile', () => {
  it('phases: runs, dispatches, and bubbles as what the device did not fill', () => {
    const [mel, encode, step] = phaseTotals(profile);
    expect(mel).toMatchObject({ name: 'mel', runs: 2, dispatches: 2, wall: 4 });
    expect(encode).toMatchObject({ name: 'encode', runs: 2, dispatches: 6, wall: 12 });
    expect(encode!.gpu).toBeCloseTo(6, 9);
    expect(encode!.bubbles).toBeCloseTo(6, 9);
    expect(step).toMatchObject({ name: 'step', runs: 4, dispatches: 8, wall: 16 });
  });

  it('kernels add up to the dispatches, dearest first', () => {
    const totals = kernelTotals(profile);
    expect(totals.map(({ phase, kernel }) => `${phase} ${kernel}`)).toEqual([
      'step linear.cpu8',
      'encode linear.cpu8',
      'mel stft.cpu8',
      'encode layer_norm.cpu8',
    ]);
    expect(sum(totals.map(({ gpu }) => gpu))).toBeCloseTo(sum(phaseTotals(profile).map(({ gpu }) => gpu)), 9);
    expect(totals[1]).toMatchObject({ dispatches: 4, flops: 8e6, bytes: 4000 });
    expect(totals[1]!.longest).toBeCloseTo(1, 9);
  });

  it('phases and the host add up to the duration; uploads within a phase belong to it', () => {
    const host = hostTotals(profile);
    expect(host.find(({ kind }) => kind === 'upload')).toMatchObject({ count: 2, bytes: 8000 });
    const walls = [...host.map(({ wall }) => wall), ...phaseTotals(profile).map(({ wall }) => wall)];
    expect(sum(walls)).toBeCloseTo(profile.duration, 9);
  });

  it('gaps are what neither phases nor host work cover', () => {
    const found = gaps(profile);
    const outside = hostTotals(profile).find(({ kind }) => kind === 'rest')!;
    expect(sum(found.map(({ begin, end }) => end - begin))).toBeCloseTo(outside.wall, 9);
    expect(found[0]).toEqual({ begin: 0, end: 4 });
    expect(found.at(-1)).toEqual({ begin: 70, end: 80 });
  });

  it('the first window begins with its mel and ends with the next one', () => {
    const window = firstWindow(profile);
    expect(window.duration).toBe(40);
    expect(window.phases.map(({ name }) => name)).toEqual(['mel', 'encode', 'step', 'step']);
    expect(window.phases[0]).toMatchObject({ begin: 0, end: 2 });
    expect(window.dispatches).toHaveLength(8);
    expect(firstWindow(window)).toEqual(window);
  });

  it('nothing at all has sums as well', () => {
    const none: Profile = { ...profile, duration: 3, calls: [], phases: [], dispatches: [], host: [] };
    expect(phaseTotals(none)).toEqual([]);
    expect(kernelTotals(none)).toEqual([]);
    expect(hostTotals(none)).toEqual([{ kind: 'rest', count: 0, wall: 3, bytes: 0 }]);
    expect(firstWindow(none).duration).toBe(3);
  });
});
