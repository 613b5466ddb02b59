// Rung: pure. The GPU suite without a GPU: its parts and time boxes, its report, and the models it makes up.

import { describe, expect, it } from 'vitest';
import type { Devices } from '../../bench/gpu/devices.ts';
import { formatCounts, formatReport, formatRow } from '../../bench/gpu/report.ts';
import { deadlines, type Measured, type Part, type PartResult, type Row, runParts } from '../../bench/gpu/schedule.ts';
import { SHAPES } from '../../bench/gpu/shapes.ts';
import { syntheticModel } from '../../bench/gpu/synthetic_model.ts';
import { BOXES, gpuParts } from '../../bench/gpu.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { tightestBound } from '../../src/gpu/rates.ts';
import { loadWeights } from '../../src/whisper/load_weights.ts';
import { whisperGraph } from '../../src/whisper/model.ts';

const NO_DEVICE: Devices = {
  plain: () => Promise.reject(new Error('no device')),
  checked: () => Promise.reject(new Error('no device')),
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

type Run = (signal: AbortSignal) => Promise<Measured>;

function part(title: string, seconds: number, tasks: Readonly<Record<string, Run>>): Part {
  return {
    title,
    seconds,
    columns: ['figure'],
    notes: [],
    tasks: Object.entries(tasks).map(([name, run]) => ({ name, run })),
  };
}

/** Runs parts by a clock that tasks move. */
async function play(parts: readonly Part[], now: () => number) {
  const told: string[] = [];
  let failures = 0;
  const results = await runParts(
    parts,
    {
      begins: ({ title }) => told.push(title),
      ended: (_, row, all) => told.push(`${row.name} ${row.status}, ${formatCounts(all)}`),
      failed: async () => {
        failures += 1;
      },
    },
    now,
  );
  return { told, failures, results, rows: results.flatMap((result) => result.rows) };
}

describe('the parts of the GPU suite', () => {
  it('take less than 8 minutes in all, models coming largest first', () => {
    const parts = gpuParts(NO_DEVICE, SHAPES.published());
    expect(parts.map(({ seconds }) => seconds)).toEqual(Object.values(BOXES));
    expect(deadlines(parts).at(-1)).toBeLessThan(480);
    const [correct, , ops, tuning, models, streamed] = parts as [Part, Part, Part, Part, Part, Part];
    expect(correct.tasks.map(({ name }) => name)).toContain('linear');
    expect(ops.tasks).toHaveLength(2 * (3 * 4 + 1));
    expect(tuning.tasks.map(({ name }) => name)).toEqual(['large-v3 f16', 'large-v3 int8']);
    expect(models.tasks).toHaveLength(2 + 6 * 3 * 2);
    expect(models.tasks[2]!.name).toBe('large-v3 int4 resident');
    expect(streamed.tasks.map(({ name }) => name)).toEqual(
      [1, 8, 32].map((batch) => `large-v3 int4 streamed, batch ${batch}`),
    );
    expect(gpuParts(NO_DEVICE, SHAPES.tiny()).map(({ tasks }) => tasks.length)).toEqual(
      parts.map(({ tasks }) => tasks.length),
    );
  });

  it('say what did not run for want of time, and hand on what they leave', async () => {
    let seconds = 0;
    const lasting = (duration: number) => async () => {
      seconds += duration;
      return { cells: { figure: duration } };
    };
    const parts = [
      part('first', 10, { short: lasting(4) }),
      part('second', 5, { long: lasting(12), late: lasting(1) }),
      part('third', 5, { after: lasting(1) }),
    ];
    const { told, rows } = await play(parts, () => seconds);
    expect(rows.map(({ status }) => status)).toEqual(['ok', 'ok', 'NOT RUN', 'ok']);
    expect(rows[2]!.note).toBe('the time box was spent');
    expect(told.slice(0, 2)).toEqual(['first', 'short ok, 1 ok, 3 NOT RUN']);
  });

  it('cut off a task at the end of its box', async () => {
    const waiting: Run = (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { rows, failures } = await play([part('only', 0.01, { waiting })], () => 0);
    expect(rows[0]).toMatchObject({ status: 'NOT RUN', note: 'cut off when the time box ended' });
    expect(failures).toBe(0);
  });

  it('go on after a task that fails or finds something wrong', async () => {
    const parts = [
      part('only', 10, {
        fails: () => Promise.reject(new RangeError('no room')),
        errs: async () => ({ cells: { figure: 1 }, wrong: 'expected 2' }),
        large: async () => ({ cells: {}, missed: 'does not fit' }),
        works: async () => ({ cells: { figure: 2 } }),
      }),
    ];
    const { rows, failures } = await play(parts, () => 0);
    expect(rows.map(({ status, note }) => `${status} ${note}`)).toEqual([
      'FAILED RangeError: no room',
      'WRONG expected 2',
      'NOT RUN does not fit',
      'ok ',
    ]);
    expect(failures).toBe(1);
  });
});

describe('the report of the GPU suite', () => {
  const row = (name: string, more: Partial<Row>): Row => ({
    name,
    status: 'ok',
    cells: {},
    lines: [],
    note: '',
    ...more,
  });
  const rows = [
    row('a', { cells: { s: 0.00123456, bytes: 1234567 }, lines: ['a line'] }),
    row('b', { status: 'NOT RUN', note: 'the time box was spent' }),
  ];
  const parts: PartResult[] = [{ title: 'Models', seconds: 5, columns: ['s', 'bytes'], notes: ['Note.'], rows }];
  const header = { command: 'bench', adapter: 'a GPU', machine: 'here', commit: 'abc', seconds: 12.3, parts };

  it('shows figures, lines and everything that did not run', () => {
    const text = formatReport({ ...header, shapes: 'published' });
    expect(text).toContain(
      '# GPU suite on a GPU\n\n`bench` on here, commit abc, 12 s in all.\n\nIn all: 1 ok, 1 NOT RUN.',
    );
    expect(text).toContain('| what | status | s | bytes |\n| --- | --- | --: | --: |\n| a | ok | 0.001235 | 1234567 |');
    expect(text).toContain('```\na line\n```');
    expect(text).toContain('- **NOT RUN** b: the time box was spent');
    expect(text).not.toContain('rehearsal');
  });

  it('says of a rehearsal that its times mean nothing', () => {
    expect(formatReport({ ...header, shapes: 'tiny' })).toContain('rehearsal with tiny shapes');
  });

  it('prints a row with its figures, its note and its lines', () => {
    expect(formatRow(rows[0]!, ['s', 'bytes'])).toMatch(/^ok +a +s 0.001235; bytes 1234567\na line$/);
    expect(formatRow(rows[1]!, ['s'])).toMatch(/^NOT RUN +b +the time box was spent$/);
  });

  it('names the bound that asks for most time', () => {
    const rates = { secondsPerDispatch: 1e-5, flopsF32: 1e12, read: [{ workingSet: 1e6, bytesPerSecond: 1e11 }] };
    expect(tightestBound({ flops: 1e3, bytes: 1e3 }, rates)).toEqual(['launch', 1e-5]);
    expect(tightestBound({ flops: 1e9, bytes: 1e6 }, rates)).toEqual(['fma', 1e-3]);
    expect(tightestBound({ flops: 1e9, bytes: 1e9 }, rates)).toEqual(['mem', 1e-2]);
  });
});

describe('a model that is made up', () => {
  const dims = SHAPES.tiny().models['tiny']!;

  it.each(['f16', 'int8', 'int4'] as const)('fills every weight of a graph in %s to the byte', async (format) => {
    const graph = whisperGraph(dims, { weights: format });
    const written = new Map<string, number>();
    await loadWeights(syntheticModel(dims, format), graph, async (name, bytes) => {
      written.set(name, (written.get(name) ?? 0) + bytes.length);
    });
    const weights = graph.tensors.filter(({ kind }) => kind === 'weight');
    expect([...written.keys()].sort()).toEqual(weights.map(({ name }) => name).sort());
    const embedding = weights.find(({ name }) => name === 'decoder.token_embedding.weight')!;
    const perWeight = { f16: 2, int8: 1, int4: 0.5 }[format];
    expect(written.get(embedding.name)).toBe(embedding.shape[0]! * embedding.shape[1]! * perWeight);
  });

  it.each(['f16', 'int8', 'int4'] as const)(
    'has weights in %s that keep the variance of what they multiply',
    async (format) => {
      const name = 'encoder.blocks.0.mlp.2.weight';
      const values = await readRowsF32(syntheticModel(dims, format), name);
      const columns = 4 * dims.n_audio_state;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(variance * columns).toBeGreaterThan(0.9);
      expect(variance * columns).toBeLessThan(1.1);
      const norm = await readRowsF32(syntheticModel(dims, format), 'encoder.ln_post.weight');
      expect(norm.every((value) => Math.abs(value - 1) <= 0.1)).toBe(true);
    },
  );
});
