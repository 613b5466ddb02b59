// `npm run bench -- speed [engine...] [--model name]... [--rounds n] [--cold] [--out stem]`: this engine's seconds and those of others, on the
// adapter at hand, in one run: a process for each row and round, the rows in turn. An engine is whisper-wgsl, transformers.js, whisper.cpp
// or "whisper.cpp (CPU", or a row of one: "whisper-wgsl int8". A cold start is measured
// once and kept, with the cache that it filled, until --cold asks for another.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SAMPLE_RATE } from '../src/audio/index.ts';
import { OptionError, WhisperError } from '../src/errors.ts';
import { findAdapter } from './engines/adapter.ts';
import { WHISPER_WGSL } from './engines/engines.ts';
import { commandOf, printHeader } from './header.ts';
import { buildStageClock } from './peers/stage_clock.ts';
import { shortClip } from './process/clip.ts';
import { commit, machine } from './process/machine.ts';
import { buildMeter } from './process/meter.ts';
import { resultsStem, writeReport } from './report/files.ts';
import { drawChart } from './speed/chart.ts';
import { formatMarks, formatReport, formatRow } from './speed/report.ts';
import { type Results, type Row, readRows, rowName } from './speed/results.ts';
import { type Bench, type Entry, keepCold, newRow, runRound } from './speed/rounds.ts';
import { allTasks, ENGINE_NAMES, prepareModel, type Task } from './speed/tasks.ts';

const DEFAULT_ROUNDS = 5;

interface Arguments {
  readonly tasks: readonly Task[];
  readonly rounds: number;
  readonly cold: boolean;
  readonly out: string | undefined;
}

export async function main(args: string[]): Promise<void> {
  const { tasks, rounds, cold, out } = readArguments(args);
  const folder = mkdtempSync(join(tmpdir(), 'speed-bench-'));
  try {
    const clip = await shortClip();
    const { bench, adapter, kind } = await openBench(folder, clip);
    const command = commandOf('speed', args);
    printHeader(command, adapter);
    const stem = out ?? resultsStem('speed', adapter, kind);
    const stored = cold ? new Map<string, Row>() : readRows(stem, adapter);
    const entries = await prepare(tasks, folder, (row) => keepCold(row, stored.get(rowName(row)), bench));
    const results = (): Results => ({
      ...{ command, adapter, machine: machine(), commit: commit(), rounds, clip: clip.length / SAMPLE_RATE },
      unclocked: 'missing' in bench.clock ? bench.clock.missing : undefined,
      unmetered: 'missing' in bench.meter ? bench.meter.missing : undefined,
      rows: entries.map((entry) => entry.row),
    });
    for (let round = 0; round <= rounds; round++) {
      // The next process may be interrupted, and may have taken minutes.
      const write = () => writeReport(stem, results(), formatReport(results()), drawChart(results()));
      await runEntries(entries, bench, round, write);
    }
    for (const { row } of entries) console.log(formatRow(row, clip.length / SAMPLE_RATE));
    console.log(`${formatMarks(results())}\n# written: ${stem}.json, .md, .svg`);
    requireOurs(results());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      out: { type: 'string' },
      cold: { type: 'boolean' },
    },
  });
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new OptionError(`bench speed: expected --rounds from 1 on, got ${values.rounds}`);
  }
  const all = allTasks(values.model ?? ['tiny.en']);
  const nameOf = ({ engine, variant }: Task) => `${engine.name} ${variant.label}`;
  const unknown = positionals.find((given) => !all.some((task) => nameOf(task).startsWith(given)));
  if (unknown !== undefined) {
    throw new OptionError(`bench speed: expected engines among ${ENGINE_NAMES.join(', ')}, got '${unknown}'`);
  }
  const tasks = all.filter(
    (task) => positionals.length === 0 || positionals.some((given) => nameOf(task).startsWith(given)),
  );
  return { tasks, rounds, cold: values.cold ?? false, out: values.out };
}

async function openBench(
  folder: string,
  samples: Float32Array,
): Promise<{ bench: Bench; adapter: string; kind: string }> {
  const meter = buildMeter();
  const { name: adapter, kind, environment, sample } = await findAdapter(meter);
  const clip = join(folder, 'clip.f32');
  writeFileSync(clip, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  return {
    bench: { meter, clock: buildStageClock(), environment, adapter, device: sample.deviceName, clip },
    adapter,
    kind,
  };
}

async function prepare(tasks: readonly Task[], folder: string, keep: (row: Row) => Row): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const task of tasks) {
    const found = await prepareModel(task, folder);
    const row = keep(newRow(task));
    entries.push(
      'path' in found ? { task, path: found.path, row } : { task, path: '', row: { ...row, skipped: found.missing } },
    );
  }
  return entries;
}

/** A round of every row; round 0 is the cold one, for rows that have none. A row that failed has no more rounds. */
async function runEntries(entries: readonly Entry[], bench: Bench, round: number, write: () => void): Promise<void> {
  for (const entry of entries) {
    if (entry.row.skipped !== undefined || (round === 0 && entry.row.cold !== undefined)) continue;
    const began = performance.now();
    const ran = await runRound(entry, bench, round === 0 ? 'cold' : 'warm');
    entry.row = round === 0 ? { ...ran, coldCommit: commit() } : ran;
    write();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const name = round === 0 ? 'cold' : `round ${round}`;
    console.log(
      `# ${name}: ${rowName(entry.row)}: process of ${seconds} s${entry.row.skipped ? `; ${entry.row.skipped}` : ''}`,
    );
  }
}

/** The suite fails where this package wrote other words or did not run; of peers it only reports. */
function requireOurs({ rows }: Results): void {
  const bad = rows.filter((row) => row.engine === WHISPER_WGSL.name && (row.skipped !== undefined || !row.sameWords));
  if (bad.length > 0) {
    throw new WhisperError(
      'ERR_BENCH',
      `bench speed: expected the words spoken, got otherwise in ${bad.map(rowName).join('; ')}`,
    );
  }
}
