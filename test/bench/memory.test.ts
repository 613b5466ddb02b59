// Rung: pure. What the memory suite makes of measurements: sameness of words, rows replaced, tables, chart. No process is started.

import { describe, expect, it } from 'vitest';
import { drawChart } from '../../bench/memory/chart.ts';
import type { Sample } from '../../bench/memory/job.ts';
import { formatReport } from '../../bench/memory/report.ts';
import { keyOf, mergeRows, type Results, type Row } from '../../bench/memory/results.ts';
import { allTasks, type Bench, judge, taskKey } from '../../bench/memory/rows.ts';
import { OURS } from '../../bench/memory/variants.ts';
import { longClip, SPOKEN, words } from '../../bench/process/clip.ts';
import { englishTokenizer } from '../../bench/process/tokens.ts';

const HEARD =
  'And so, my fellow Americans: ask not what your country can do for you; ask what you can do for your country.';

function sample(driver: number, weightBytes: number, text = HEARD): Sample {
  const usage = { driver, rss: 4e8 };
  return {
    ...{ version: 'engine 1', deviceName: 'a device', weightBytes, peak: usage, afterDispose: usage },
    transcribed: {
      ...{
        text,
        longText: `${text} ${text}`,
        afterFirstWindow: usage,
        afterLastWindow: { ...usage, driver: driver + 500 },
      },
      seconds: { load: 1, first: 9, windowMin: 2.25, windowMedian: 3 },
    },
  };
}

function results(rows: readonly Row[]): Results {
  const bytes = { weightBytes: 60e6, plannedBytes: 70e6, createdBytes: 70e6, arenaBytes: 9e6, lowerBound: 9e6 };
  const planned = [
    { model: 'tiny.en, tiny', weights: 'f16', mode: 'resident', ...bytes },
    { model: 'tiny.en, tiny', weights: 'f16', mode: 'phased', ...bytes, weightBytes: 50e6, plannedBytes: 58e6 },
  ] as const;
  return {
    command: 'npm run bench',
    adapter: 'a device',
    machine: 'here',
    windows: 2,
    emptyDevices: [],
    rows,
    planned,
  };
}

const [task] = allTasks(['tiny.en']);
const row = (engine: string, more: Partial<Row>): Row => ({ engine, label: 'f16', model: 'tiny.en', ...more });

describe('the memory suite', async () => {
  const bench: Omit<Bench, 'meter'> = {
    ...{ environment: {}, device: 'a device', windows: 2, tokenizer: await englishTokenizer() },
  };

  it('takes texts for the same that differ in commas and capitals, and no others', () => {
    expect(words(HEARD)).toBe(SPOKEN);
    expect(judge(task!, { sample: sample(9, 1) }, bench)).toMatchObject({ sameWords: true, tokens: 26 });
    expect(judge(task!, { sample: sample(9, 1, HEARD.replace('not', 'now')) }, bench).sameWords).toBe(false);
    const short = sample(9, 1);
    const once = { ...short, transcribed: { ...short.transcribed!, longText: HEARD } };
    expect(judge(task!, { sample: once }, bench).sameWords, 'a window of the long clip is missing').toBe(false);
  });

  it('takes no sample from another device, and none where nothing ran', () => {
    const elsewhere = { ...sample(9, 1), deviceName: '' };
    expect(judge(task!, { sample: elsewhere }, bench).skipped).toMatch(/no Vulkan device.*a device/);
    expect(judge(task!, { failed: 'Error: broken' }, bench)).toMatchObject({ skipped: 'Error: broken' });
  });

  it('has the clip once in every window of the long one', () => {
    const long = longClip(Float32Array.of(1, 2), 3);
    expect(long.length).toBe(3 * 30 * 16000);
    expect([...long.entries()].filter(([, x]) => x !== 0).map(([i]) => i / 480000)).toEqual(
      [0, 1, 2].flatMap((window) => [window, window + 1 / 480000]),
    );
  });

  it('has a row of every variant of ours for every model', () => {
    const keys = allTasks(['tiny.en', 'base']).map(taskKey);
    for (const { label } of OURS) expect(keys).toContain(`base, whisper-wgsl ${label}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('replaces rows that were measured again, keeps the others, and drops what is no row any more', () => {
    const stored = [row('b', { tokens: 1 }), row('a', { tokens: 1 }), row('gone', { tokens: 1 })];
    const keys = ['a', 'b', 'c'].map((engine) => keyOf(row(engine, {})));
    const merged = mergeRows(keys, stored, [row('b', { tokens: 2 })]);
    expect(merged.map(({ engine, tokens }) => [engine, tokens])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('prints what was measured, what was skipped, and what was planned', () => {
    const rows = [
      row('whisper-wgsl', { sample: sample(97e6, 76e6), tokens: 26, sameWords: true }),
      row('peer', { skipped: 'not installed' }),
    ];
    const report = formatReport(results(rows));
    expect(report).toContain('| whisper-wgsl | f16 | 76.0 | 21.0 | 97.0 | - | 0.001 | 400.0 |');
    expect(report).toContain('| whisper-wgsl | f16 | 1.00 | 9.00 | 2.25 | 3.00 | 26 | yes |');
    expect(report).toContain('- skipped: peer f16: not installed');
    expect(report).toContain('| f16 | resident | phased |');
    expect(report).toContain('| tiny.en, tiny | 70.0 (10.0) | 58.0 (8.0) |');
  });

  it('draws a bar of two parts for every row with a figure, to one scale', () => {
    const rows = [
      row('whisper-wgsl', { sample: sample(100e6, 75e6) }),
      row('peer', { sample: sample(200e6, 75e6) }),
      row('absent', { skipped: 'not installed' }),
    ];
    const svg = drawChart(results(rows));
    const widths = [...svg.matchAll(/class="(?:weights \w+|beside)" x="[\d.]+" y="\d+" width="([\d.]+)"/g)];
    const [ours, oursBeside, peer, peerBeside] = widths
      .map(([, width]) => Number(width))
      .filter((width) => width !== 12);
    expect(ours).toBe(peer);
    expect(ours! / oursBeside!).toBeCloseTo(3, 1);
    expect(ours! + oursBeside!).toBeCloseTo((peer! + peerBeside!) / 2, 0);
    expect(svg).not.toContain('absent');
  });
});
