// `npm run bench -- memory [engine...] [--model name]... [--windows n] [--out stem]`: bytes of this engine and of others, side by side, on
// the adapter at hand, each in a process of its own under a Vulkan layer that counts the driver's allocations; and planned bytes of every
// published size. An engine is whisper-wgsl, transformers.js, whisper.cpp or planned, or a row of one: "whisper-wgsl int8". Rows that
// are not named stay as a former run stored them.

import { parseArgs } from 'node:util';
import { MemoryError, OptionError } from '../src/errors.ts';
import { findAdapter, type SuiteAdapter } from './engines/adapter.ts';
import { EMPTY_DEVICES, WHISPER_WGSL } from './engines/engines.ts';
import { commandOf, printHeader } from './header.ts';
import type { MemoryJob, Sample } from './memory/job.ts';
import { planSizes } from './memory/planned.ts';
import { keyOf, mergeRows, type Results, readResults, writeResults } from './memory/results.ts';
import { allTasks, type Bench, formatRow, measureRow, taskKey } from './memory/rows.ts';
import { VARIANTS } from './memory/variants.ts';
import { machine } from './process/machine.ts';
import { buildMeter } from './process/meter.ts';
import { runJob } from './process/run.ts';
import { englishTokenizer } from './process/tokens.ts';
import { resultsStem } from './report/files.ts';

const PLANNED = 'planned';

interface Arguments {
  readonly wanted: (name: string) => boolean;
  readonly models: readonly string[];
  readonly windows: number;
  readonly out: string | undefined;
}

export async function main(args: string[]): Promise<void> {
  const { wanted, models, windows, out } = readArguments(args);
  const { bench, adapter: found, emptyDevices } = await openBench(windows);
  const { name: adapter, kind } = found;
  printHeader(commandOf('memory', args), adapter);
  const unmetered = 'missing' in bench.meter ? bench.meter.missing : undefined;
  if (unmetered !== undefined) console.log(`# driver's bytes NOT MEASURED: ${unmetered}`);

  const stem = out ?? resultsStem('memory', adapter, kind);
  const stored = readResults(stem, adapter, windows);
  const keys = allTasks([...new Set([...(stored?.rows ?? []).map((row) => row.model), ...models])]).map(taskKey);
  let results: Results = {
    command: 'npm run bench -- memory',
    adapter,
    machine: machine(),
    ...{ windows, unmetered, emptyDevices },
    rows: mergeRows(keys, stored?.rows ?? [], []),
    planned: wanted(PLANNED) ? await planSizes() : (stored?.planned ?? []),
  };
  for (const task of allTasks(models).filter(({ engine, variant }) => wanted(`${engine.name} ${variant.label}`))) {
    const row = await measureRow(task, bench);
    console.log(formatRow(row));
    results = { ...results, rows: mergeRows(keys, results.rows, [row]) };
    writeResults(stem, results); // a row may take minutes, and the next may be interrupted
  }
  writeResults(stem, results);
  console.log(`# written: ${stem}.json, .md, .svg`);
  requireOurs(results);
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { model: { type: 'string', multiple: true }, windows: { type: 'string' }, out: { type: 'string' } },
  });
  const known = [...VARIANTS.map(({ engine }) => engine.name), PLANNED];
  const unknown = positionals.find((given) => !known.some((name) => given.startsWith(name)));
  if (unknown !== undefined) {
    throw new OptionError(`bench memory: expected engines among ${known.join(', ')}, got '${unknown}'`);
  }
  const windows = Number(values.windows ?? 4);
  if (!Number.isInteger(windows) || windows < 2) {
    throw new OptionError(
      `bench memory: expected --windows from 2 on because growth is measured, got ${values.windows}`,
    );
  }
  const wanted = (name: string) => positionals.length === 0 || positionals.some((given) => name.startsWith(given));
  return { wanted, models: values.model ?? ['tiny.en', 'base'], windows, out: values.out };
}

/** Builds the meter and measures empty devices; the first, ours, says which adapter the rest has to run on. */
async function openBench(windows: number): Promise<{
  readonly bench: Bench;
  readonly adapter: SuiteAdapter;
  readonly emptyDevices: Results['emptyDevices'];
}> {
  const meter = buildMeter();
  const [dawn, ...others] = EMPTY_DEVICES;
  const adapter = await findAdapter(meter);
  const { environment, sample } = adapter;
  const emptyDevices: Results['emptyDevices'][number][] = [{ name: dawn.name, sample }];
  for (const { name, command, options } of others) {
    const job: MemoryJob = { suite: 'memory', path: '', model: '', options, repeats: 0, windows: 0 };
    const outcome = await runJob<Sample>(command, job, meter, environment);
    emptyDevices.push('sample' in outcome ? { name, sample: outcome.sample } : { name, skipped: outcome.failed });
  }
  const tokenizer = await englishTokenizer();
  return { bench: { meter, environment, device: sample.deviceName, windows, tokenizer }, adapter, emptyDevices };
}

/** The suite fails where this package wrote other words or its memory grew; of peers it only reports. */
function requireOurs({ rows }: Results): void {
  const grew = ({ transcribed }: Sample) =>
    transcribed?.afterFirstWindow.driver !== transcribed?.afterLastWindow.driver;
  const bad = rows.filter(
    (row) => row.engine === WHISPER_WGSL.name && row.sample && (!row.sameWords || grew(row.sample)),
  );
  if (bad.length > 0) {
    throw new MemoryError(
      `bench memory: expected the words spoken and no growth, got otherwise in ${bad.map(keyOf).join('; ')}`,
    );
  }
}
