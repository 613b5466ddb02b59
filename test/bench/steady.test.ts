// Rung: pure. What the steady suite makes of marks and steps, the audio it hears, the garbage it counts, its tables. No device.

import type { GCProfilerResult } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { quantile, spread } from '../../bench/report/spread.ts';
import { repeatClip } from '../../bench/steady/audio.ts';
import {
  costNear,
  halves,
  type Mark,
  phaseSpread,
  steadyBytes,
  type WindowCost,
  windowCosts,
} from '../../bench/steady/figures.ts';
import { byKind, watchHost } from '../../bench/steady/host.ts';
import { formatReport, formatTables } from '../../bench/steady/report.ts';
import type { Results } from '../../bench/steady/results.ts';
import { main } from '../../bench/steady.ts';
import { MemoryError, OptionError } from '../../src/errors.ts';

function mark(audio: number, at: number, encode: number): Mark {
  return { audio, at, phases: encode === 0 ? { mel: 5 } : { mel: 5, encode }, bytes: 1000, made: 7 };
}

/** Windows of 30 s, one after another, by the milliseconds of their encoding. */
function windowsOf(encodes: readonly number[]): WindowCost[] {
  return encodes.map((encode, i) => {
    const costs = { ms: 2 * encode, phases: { encode }, tokens: 10, bytes: 1000 };
    return { begin: 30 * i, audio: 30, ...costs };
  });
}

function results(encodes: readonly number[], late: number): Results {
  const held = { heap: 20e6, arrayBuffers: 3e6, resident: 400e6 };
  const collections = [{ kind: 'Scavenge', count: 4, ms: 8, longest: 3, freed: 6e6 }];
  const place = (from: number, ms: number) => ({ from, to: from + 11, ms: spread([ms]) });
  return {
    ...{ command: 'npm run bench', adapter: 'a device', machine: 'here', commit: 'abc', model: 'tiny.en', minutes: 10 },
    run: {
      ...{ ms: 2000, listening: 500, windows: windowsOf(encodes), gpuBytes: { first: 54.4e6, last: 54.4e6 } },
      host: { begin: held, end: { ...held, heap: 21e6 }, collections, allocated: 8e6 },
      steps: { count: 50, p50: 10, p99: 15, max: 30 },
    },
    places: { first: place(5, 10), last: place(393, late) },
  };
}

describe('the steady suite', () => {
  it('takes the costs of windows from successive marks', () => {
    const marks = [mark(0, 100, 0), mark(28, 350, 90), mark(55, 500, 170)];
    const [first, second] = windowCosts(marks, [11, 12]);
    expect(first).toEqual({ begin: 0, audio: 28, ms: 250, phases: { mel: 0, encode: 90 }, tokens: 11, bytes: 1000 });
    expect(second).toMatchObject({ begin: 28, audio: 27, ms: 150, phases: { mel: 0, encode: 80 }, tokens: 12 });
  });

  it('refuses GPU memory that is not the plan, that grew, or that was made anew', () => {
    const marks = [mark(0, 0, 0), mark(30, 1, 1)];
    expect(steadyBytes(marks, 1000)).toEqual({ first: 1000, last: 1000 });
    expect(() => steadyBytes(marks, 999)).toThrow(MemoryError);
    const grown = [...marks, { ...mark(60, 2, 2), bytes: 1004 }];
    expect(() => steadyBytes(grown, 1000)).toThrow('got 1004 with 7 ever made at 60 s');
    expect(() => steadyBytes([...marks, { ...mark(60, 2, 2), made: 8 }], 1000)).toThrow('8 ever made');
  });

  it('interpolates quantiles and leaves its values as they were', () => {
    const values = [4, 1, 3, 2];
    expect(spread(values)).toEqual({ min: 1, median: 2.5, max: 4 });
    expect(values).toEqual([4, 1, 3, 2]);
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('compares the first tenth of the windows with the last, and one window at least', () => {
    const encodes = Array.from({ length: 25 }, (_, i) => i);
    expect(phaseSpread(windowsOf(encodes), 'encode')).toEqual({
      first: { min: 0, median: 0.5, max: 1 },
      last: { min: 23, median: 23.5, max: 24 },
    });
    expect(phaseSpread(windowsOf([1, 2, 3]), 'encode').last.median).toBe(3);
  });

  it('compares the halves of the audio, not of the windows', () => {
    const [a, b, c] = windowsOf([1000, 2000, 4000]) as [WindowCost, WindowCost, WindowCost];
    const short = [
      { ...a, audio: 15 },
      { ...b, begin: 15, audio: 15 },
      { ...c, begin: 30 },
    ];
    const { first, last } = halves(short);
    expect(first).toEqual({ seconds: 12, tokens: 40 });
    expect(last).toEqual({ seconds: 16, tokens: 20 });
  });

  it('times a token by the steps around it, in every decoding', () => {
    const decoding = (ms: number) => [1, 5, 9, 13, 17].map((sampled) => ({ sampled, count: 4, ms: ms * sampled }));
    expect(costNear([decoding(4), decoding(8)], 10, 1)).toEqual({
      ...{ from: 9, to: 12 },
      ms: { min: 9, median: 13.5, max: 18 },
    });
    expect(costNear([decoding(4)], 10, 3)).toMatchObject({ from: 5, to: 16, ms: { median: 9 } });
  });

  it('repeats the clip under noise that is the same each time but not in each window', () => {
    const clip = Float32Array.from({ length: 16000 }, (_, i) => Math.sin(i / 50) / 2);
    const long = repeatClip(clip, 0.05);
    expect(long.length).toBe(48000);
    const off = (second: number) => long.slice(16000 * second, 16000 * (second + 1)).map((x, i) => x - clip[i]!);
    expect(Math.max(...off(1).map(Math.abs))).toBeLessThan(1.1e-4);
    expect(off(1)).not.toEqual(off(2));
    expect(repeatClip(clip, 0.05)).toEqual(long);
  });

  it('sums collections by kind', () => {
    const at = (usedHeapSize: number) => ({ heapStatistics: { usedHeapSize } });
    const collection = (gcType: string, cost: number, before: number, after: number) =>
      ({ gcType, cost, beforeGC: at(before), afterGC: at(after) }) as GCProfilerResult['statistics'][number];
    const seen = [
      collection('Scavenge', 1500, 90, 50),
      collection('Mark', 4000, 80, 20),
      collection('Scavenge', 500, 60, 50),
    ];
    expect(byKind(seen)).toEqual([
      { kind: 'Scavenge', count: 2, ms: 2, longest: 1.5, freed: 50 },
      { kind: 'Mark', count: 1, ms: 4, longest: 4, freed: 60 },
    ]);
  });

  it('counts what was allocated, whether or not it was collected, and what is still held', () => {
    const stop = watchHost();
    const kept = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    const ring: object[] = [];
    for (let i = 0; i < 2_000_000; i++) ring[i % 1000] = { i };
    const { begin, end, collections, allocated } = stop();
    expect(ring.at(-1)).toEqual({ i: 1_999_999 });
    expect(allocated).toBeGreaterThan(2_000_000 * 16);
    expect(collections.some(({ count, freed }) => count > 0 && freed > 0)).toBe(true);
    expect(end.heap - begin.heap).toBeGreaterThan(kept.length * 16);
    expect(end.heap - begin.heap).toBeLessThan(allocated / 2);
  });

  it('prints begin beside end, and whether the marks are met', () => {
    const flat = formatTables(results([100, 100, 105], 10.5));
    expect(flat).toContain(
      '| encode, ms; tenths of the windows | 100.0 (100.0 to 100.0) | 105.0 (105.0 to 105.0) | 1.050 | 1.1 | yes |',
    );
    expect(flat).toContain(
      '| a token, ms; tokens 5 to 16, and 393 to 404 | 10.0 (10.0 to 10.0) | 10.5 (10.5 to 10.5) | 1.050 | 1.1 | yes |',
    );
    expect(flat).toContain('| GPU bytes, MB | 54.4 | 54.4 | 1.000 |  |  |');
    expect(flat).toContain('| heap, MB | 20.0 | 21.0 | 1.050 |  |  |');
    expect(flat).toContain('| 50 | 10.0 | 15.0 | 30.0 | 1.500 | 3.000 |');
    expect(flat).toContain('| all | 4 | 8.0 | 3.0 | 0.400 | 6.0 |');
    expect(flat).toContain('8.0 MB, 4.0 MB a second; 266.7 kB for each of 30 tokens');
    const rising = formatTables(results([100, 100, 111], 11.1));
    expect(rising.match(/\| 1\.110 \| 1\.1 \| \*\*no\*\* \|/g)).toHaveLength(2);
    expect(formatReport(results([1, 1, 1], 1))).toMatch(
      /^# Steady on a device\n\n`npm run bench` on here, commit abc\./,
    );
  });

  it('refuses an audio without begin and end', async () => {
    await expect(main(['--minutes', '1'])).rejects.toThrow(OptionError);
    await expect(main(['--minutes', 'long'])).rejects.toThrow('got long');
  });
});
