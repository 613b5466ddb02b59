// Rung: pure. `plan --compare`: measured peaks are those of the bench, our figures those of `plan`, ratios and order those of the figures.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Results } from '../../bench/memory/results.ts';
import { readMeasuredPeaks } from '../../src/cli/measured_peaks.ts';
import { type Comparison, compareModel } from '../../src/cli/plan_compare.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { MODES } from '../../src/whisper/graph_options.ts';
import { cli } from './in_process.ts';

const OURS = 'whisper-wgsl';
const FORMATS = ['f16', 'int8', 'int6', 'int4'] as const;

const { measuredOn, peaks } = readMeasuredPeaks();

describe('[pure] measured peaks', () => {
  it('are those of a file that ships, as the memory suite writes it: every row', () => {
    const file = 'bench/results/memory.lavapipe.json';
    const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(JSON.parse(text('package.json')).files).toContain(file);
    const { command, adapter, machine, windows, rows } = JSON.parse(text(file)) as Results;
    const measured = rows.filter(({ sample }) => sample?.peak.driver !== undefined);
    expect(measured.length).toBeGreaterThan(0);
    expect(peaks).toEqual(
      measured.map(({ model, engine, label, sample }) => ({ model, engine, label, driverBytes: sample!.peak.driver })),
    );
    const versions = Object.fromEntries(measured.map(({ engine, sample }) => [engine, sample!.version]));
    expect(measuredOn).toEqual({ command, adapter, machine, windows, versions });
  });
});

describe('[pure] compareModel', () => {
  const compared = (model: string) => compareModel(model, PUBLISHED_DIMS[model]!, peaks);
  const rising = (bytes: readonly number[]) => bytes.every((value, i) => i === 0 || value >= bytes[i - 1]!);

  it.each(['tiny.en', 'base'])('%s: every format and mode, every measured row, in order', (model) => {
    const { ours, peers } = compared(model);
    expect(new Set(ours.map(({ weights, mode }) => `${weights} ${mode}`)).size).toBe(FORMATS.length * MODES.length);
    expect(rising(ours.map(({ plannedBytes }) => plannedBytes))).toBe(true);
    expect(rising(peers.map(({ driverBytes }) => driverBytes))).toBe(true);
    const stored = peaks.filter((peak) => peak.model === model);
    expect(peers).toHaveLength(stored.filter(({ engine }) => engine !== OURS).length);
    const driverBytes = (rows: readonly { driverBytes?: number }[]) => rows.flatMap((row) => row.driverBytes ?? []);
    const all = [...driverBytes(ours), ...driverBytes(peers)];
    expect(all.sort()).toEqual(stored.map((peak) => peak.driverBytes).sort());
  });

  it('has ratios of like to like: planned to planned, measured to measured', () => {
    const { ours, peers } = compared('tiny.en');
    expect(ours[0]!.plannedRatio).toBe(1);
    const leastDriver = Math.min(...ours.flatMap(({ driverBytes }) => driverBytes ?? []));
    for (const { plannedBytes, plannedRatio } of ours) expect(plannedRatio).toBe(plannedBytes / ours[0]!.plannedBytes);
    for (const row of [...ours, ...peers]) {
      expect(row.driverRatio).toBe(row.driverBytes === undefined ? undefined : row.driverBytes / leastDriver);
    }
    expect(peers[0]!.driverRatio).toBeGreaterThan(1);
  });

  it('has a measured peak above the plan: the driver counts what the runtime takes, too', () => {
    const both = ['tiny.en', 'base'].flatMap((model) => compared(model).ours.filter((row) => row.driverBytes));
    expect(both.length).toBeGreaterThan(0);
    for (const { plannedBytes, driverBytes } of both) {
      expect(driverBytes! - plannedBytes).toBeGreaterThan(0);
      expect(driverBytes! - plannedBytes).toBeLessThan(16e6);
    }
  });

  it('has plans alone of a model that was not measured', () => {
    const { ours, peers } = compared('tiny');
    expect(peers).toEqual([]);
    expect(ours.every((row) => !('driverBytes' in row))).toBe(true);
  });
});

describe('[pure] plan --compare', () => {
  it('prints the measured models by default, what figures count, and the same bytes as plan', async () => {
    const { code, out } = await cli(['plan', '--compare']);
    expect(code).toBe(0);
    for (const said of [/^planned: /m, /^driver: /m, /^measured with .*llvmpipe/m, /transformers 4/]) {
      expect(out).toMatch(said);
    }
    const [, ...tables] = out.split('\n\n');
    expect(tables.map((table) => table.split(' ')[0])).toEqual(['tiny.en', 'base']);
    const { total_bytes } = JSON.parse((await cli(['plan', '--json', '--mode', 'streamed', '--weights', 'int4'])).out);
    expect(tables[0]!.split('\n')[1]).toMatch(
      new RegExp(`^whisper-wgsl int4 streamed +${(total_bytes / 1e6).toFixed(1)} +1\\.00 `),
    );
    expect(tables[1]).toMatch(/^transformers\.js q8 +- +- +\d+\.\d +\d+\.\d\d$/m);
  });

  it('prints plans alone of other models, and names no other engine there', async () => {
    const { out } = await cli(['plan', '--compare', '--model', 'small']);
    expect(out).toMatch(/^whisper-wgsl int8 absorbed +\d+\.\d +\d\.\d\d$/m);
    expect(out).not.toMatch(/driver|whisper\.cpp|NaN|undefined/);
  });

  it('prints JSON of the same figures', async () => {
    const both = JSON.parse((await cli(['plan', '--compare', '--json'])).out);
    expect(both.map(({ model }: Comparison) => model)).toEqual(['tiny.en', 'base']);
    const { out } = await cli(['plan', '--compare', '--json', '--model', 'base']);
    expect(JSON.parse(out)).toEqual(both[1]);
    const { ours, peers } = compareModel('base', PUBLISHED_DIMS['base']!, peaks);
    expect(both[1]).toMatchObject({
      ours: ours.map(({ plannedBytes }) => ({ planned_bytes: plannedBytes })),
      peers: peers.map(({ driverBytes, driverRatio }) => ({
        driver_peak_bytes: driverBytes,
        driver_ratio: driverRatio,
      })),
      measured_on: measuredOn,
    });
    expect(JSON.parse((await cli(['plan', '--compare', '--json', '--model', 'small'])).out).peers).toEqual([]);
  });

  it('refuses what it does not plan with', async () => {
    const others = [
      ['--weights', 'int8'],
      ['--mode', 'streamed'],
      ['--cache', 'int8'],
      ['--batch', '2'],
      ['--csv'],
      ['--words'],
    ];
    for (const args of others) {
      expect(await cli(['plan', '--compare', ...args]), `${args}`).toMatchObject({ code: 2, out: '' });
    }
    expect((await cli(['plan', '--compare', '--model', 'huge'])).code).toBe(1);
    expect((await cli(['plan', '--compare'], undefined, AbortSignal.abort())).code).toBe(130);
  });
});
