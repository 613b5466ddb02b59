// Rung: pure. What the speed suite makes of samples: figures, the fastest peer, marks, report, drawing. No process is started.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WHISPER_CPP_CPU, WHISPER_WGSL } from '../../bench/engines/engines.ts';
import { readStages } from '../../bench/peers/stage_clock.ts';
import { SPOKEN } from '../../bench/process/clip.ts';
import { writeReport } from '../../bench/report/files.ts';
import { drawChart } from '../../bench/speed/chart.ts';
import { compare, figuresOf } from '../../bench/speed/figures.ts';
import type { SpeedSample } from '../../bench/speed/job.ts';
import { formatMarks, formatReport, formatRow } from '../../bench/speed/report.ts';
import { type Results, type Row, readRows } from '../../bench/speed/results.ts';
import { addSample, newRow } from '../../bench/speed/rounds.ts';
import { allTasks, usesGpu } from '../../bench/speed/tasks.ts';

const OURS = WHISPER_WGSL.name;
const CLIP = 10;

/** A process whose second call took `whole` seconds: 60 % in the encoder, 30 % in 20 tokens. */
function sample(whole: number, more: Partial<SpeedSample> = {}): SpeedSample {
  const stages = { encode: 0.6 * whole, decode: 0.3 * whole, tokens: 20 };
  const calls = [{ seconds: whole, stages }];
  return { version: 'engine 1', text: SPOKEN, load: 1, first: 2 * whole, calls, deviceName: 'a device', ...more };
}

function row(engine: string, label: string, wholes: readonly number[], more: Partial<Row> = {}): Row {
  const warm = wholes.map((whole) => sample(whole));
  return { engine, label, model: 'tiny.en', device: 'gpu', cold: sample(50), warm, sameWords: true, ...more };
}

function results(rows: readonly Row[]): Results {
  const where = { adapter: 'a device', machine: 'here', commit: 'abc' };
  return { command: 'npm run bench', ...where, rounds: 2, clip: CLIP, rows };
}

describe('the speed suite', () => {
  it('takes the least and the median over rounds, and first text from load and first call', () => {
    const figures = figuresOf(row('a', 'f16', [4, 2, 9]), CLIP);
    expect(figures.whole).toEqual({ min: 2, median: 4, max: 9 });
    expect(figures.encoder!.min).toBeCloseTo(1.2);
    expect(figures.token!.min).toBeCloseTo(0.03);
    expect(figures.warmText).toEqual({ min: 5, median: 9, max: 19 });
    expect(figures.coldText).toBe(101);
    expect(figures.realTimeFactor).toBeCloseTo(0.2);
    expect(figuresOf(row('a', 'f16', [2, 4]), CLIP).whole!.median).toBe(3);
    expect(figuresOf(row('a', 'f16', []), CLIP).whole).toBeUndefined();
  });

  it('compares with the fastest peer on the GPU that heard the words', () => {
    const rows = [
      row(OURS, 'f16', [2]),
      row(OURS, 'int8', [1]),
      row(OURS, 'f32', [2.5]),
      row('peer', 'slow', [12]),
      row('peer', 'fast', [6]),
      row('peer', 'deaf', [0.5], { sameWords: false }),
      row(WHISPER_CPP_CPU.name, 'q8_0', [0.1], { device: 'cpu' }),
    ];
    const byName = new Map(compare(results(rows), 'tiny.en').map((entry) => [entry.name, entry]));
    const whole = byName.get('whole transcription')!;
    expect(whole.peer.row.label).toBe('fast');
    expect(whole.ours.map(({ ratio }) => ratio)).toEqual([3, 6, 2.4]);
    expect(whole).toMatchObject({ mark: 3, met: ['f16', 'int8'] });
    expect(byName.get('encoder')!.met).toContain('int8');
    expect(byName.get('first text, cold start')).toMatchObject({ mark: 1, met: ['f16', 'int8', 'f32'] });
    const slower = compare(results([row(OURS, 'f16', [2.5]), row('peer', 'fast', [6])]), 'tiny.en');
    expect(slower.filter(({ met }) => met.length > 0).map(({ name }) => name)).toEqual(['first text, cold start']);
    expect(compare(results([row(OURS, 'f16', [2])]), 'tiny.en')).toEqual([]);
  });

  it('takes no sample from another device, and remembers wrong words', () => {
    const [task] = allTasks(['tiny.en']);
    const empty = newRow(task!);
    const elsewhere = addSample(empty, { sample: sample(2, { deviceName: '' }) }, 'cold', 'a device');
    expect(elsewhere).toMatchObject({ skipped: expect.stringMatching(/no Vulkan device.*a device/), warm: [] });
    expect(addSample(empty, { failed: 'Error: broken' }, 'warm', 'a device').skipped).toBe('Error: broken');
    const wrong = addSample(empty, { sample: sample(2, { text: 'other words' }) }, 'cold', 'a device');
    const later = addSample(wrong, { sample: sample(2) }, 'warm', 'a device');
    expect(later).toMatchObject({ sameWords: false, warm: [{ text: SPOKEN }] });
  });

  it('has rows of every engine, and one of them on the CPU', () => {
    const tasks = allTasks(['tiny.en', 'base']);
    expect(new Set(tasks.map(({ engine, variant, model }) => `${model} ${engine.name} ${variant.label}`)).size).toBe(
      20,
    );
    expect(tasks.filter((task) => !usesGpu(task)).map(({ engine }) => engine.name)).toEqual(
      Array(2).fill(WHISPER_CPP_CPU.name),
    );
  });

  it("reads whisper.cpp's own timings, those of its last call", () => {
    const print = (encode: number, decode: number) =>
      [
        'whisper_print_timings:     load time =   128.58 ms',
        'whisper_print_timings:   sample time =     8.93 ms /    27 runs (     0.33 ms per run)',
        `whisper_print_timings:   encode time = ${encode} ms /     1 runs (  5210.00 ms per run)`,
        `whisper_print_timings:   decode time =  ${decode} ms /    24 runs (   110.00 ms per run)`,
      ].join('\n');
    expect(readStages(`${print(1, 2)}\n${print(5210.5, 2640)}`)).toEqual({ encode: 5.2105, decode: 2.64, tokens: 24 });
    expect(readStages('whisper_init_state: compute buffer (decode) = 96.83 MB')).toBeUndefined();
  });

  it('prints what was measured, what was not, and the marks', () => {
    const rows = [
      row(OURS, 'f16', [2, 4]),
      row('peer', 'f16', [6, 8], { cold: sample(50, { driverPeak: 225.8e6 }) }),
      row('absent', 'f16', [], { skipped: 'not installed' }),
    ];
    const report = formatReport(results(rows));
    expect(report).toContain(
      '| whisper-wgsl | f16 | 1.00 | 101.00 | 5.00 (7.00) | 1.200 (1.800) | 30.0 (45.0) | 2.00 (3.00) | 0.20 | 20 |',
    );
    expect(report).toContain('| 225.8 | yes |');
    expect(report).toContain('- skipped: absent f16: not installed');
    expect(report).toContain('| whole transcription | peer f16 | 6.000 | 3.00 | 3 | all |');
    expect(report).toContain('| encoder | peer f16 | 3.600 | 3.00 | 2.5 | all |');
    expect(formatMarks(results(rows))).toContain('| a token | peer f16 | 0.090 | 3.00 | 5 | **none** |');
    expect(formatRow(rows[2]!, CLIP)).toMatch(/absent f16 +SKIPPED: not installed/);
  });

  it('reads back the rows stored of the same adapter, and of no other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'speed-results-'));
    try {
      const stem = join(folder, 'speed.here');
      expect(readRows(stem, 'a device').size).toBe(0);
      const stored = row('peer', 'f16', [6], { coldCommit: 'abc' });
      writeReport(stem, results([stored]), '', '');
      expect(readRows(stem, 'a device').get('tiny.en, peer f16')).toMatchObject({
        coldCommit: 'abc',
        cold: stored.cold,
      });
      expect(readRows(stem, 'another device').size).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('draws encoder, tokens and the rest of each row to one scale', () => {
    const svg = drawChart(results([row(OURS, 'f16', [10]), row('peer', 'f16', [20]), row('absent', 'f16', [])]));
    const widths = (kind: string) =>
      [...svg.matchAll(new RegExp(`class="${kind}" x="[\\d.]+" y="\\d+" width="([\\d.]+)" height="18"`, 'g'))].map(
        ([, width]) => Number(width),
      );
    const [ours] = widths('encoder ours');
    const [theirs] = widths('encoder theirs');
    expect(ours! * 2).toBeCloseTo(theirs!, 0);
    expect(widths('tokens')[1]! * 2).toBeCloseTo(theirs!, 0);
    expect(widths('rest')[1]! * 6).toBeCloseTo(theirs!, 0);
    expect(svg).not.toContain('absent');
  });
});
