// `npm run bench -- memory [engine...] [--model name]... [--windows n] [--out stem]`: bytes of this engine and of others, side by side, on
// the adapter at hand, each in a process of its own under a Vulkan layer that counts the driver's allocations; and planned bytes of every
// published size. An engine is whisper-wgsl, transformers.js, whisper.cpp or planned, or a row of one: "whisper-wgsl int8". Rows that
// are not named stay as a former run stored them.

import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { AdapterError, MemoryError, OptionError } from '../src/errors.ts';
import { printHeader } from './header.ts';
import { EMPTY_DEVICES, ENGINES, OUR_NAME } from './memory/engines.ts';
import type { Sample } from './memory/job.ts';
import { buildMeter } from './memory/meter.ts';
import { planSizes } from './memory/planned.ts';
import { adapterEnvironment, runJob } from './memory/process.ts';
import { keyOf, mergeRows, type Results, readResults, writeResults } from './memory/results.ts';
import { allTasks, type Bench, englishTokenizer, formatRow, measureRow, taskKey } from './memory/rows.ts';

const PLANNED = 'planned';

interface Arguments {
  readonly wanted: (name: string) => boolean;
  readonly models: readonly string[];
  readonly windows: number;
  readonly out: string | undefined;
}

export async function main(args: string[]): Promise<void> {
  const { wanted, models, windows, out } = readArguments(args);
  const { bench, adapter, kind, emptyDevices } = await openBench(windows);
  printHeader(`npm run bench -- memory ${args.join(' ')}`.trim(), adapter);
  const unmetered = 'missing' in bench.meter ? bench.meter.missing : undefined;
  if (unmetered !== undefined) console.log(`# driver's bytes NOT MEASURED: ${unmetered}`);

  const slug = kind === 'gpu' ? adapter.toLowerCase().replace(/[^a-z0-9]+/g, '-') : kind;
  const stem = out ?? `bench/results/memory.${slug}`;
  const stored = readResults(stem, adapter, windows);
  const keys = allTasks([...new Set([...(stored?.rows ?? []).map((row) => row.model), ...models])]).map(taskKey);
  let results: Results = {
    command: 'npm run bench -- memory',
    adapter,
    machine: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
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
  const known = [...ENGINES.map((engine) => engine.name), PLANNED];
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
  readonly adapter: string;
  readonly kind: string;
  readonly emptyDevices: Results['emptyDevices'];
}> {
  const meter = buildMeter();
  const [dawn, ...others] = EMPTY_DEVICES;
  const job = { path: '', model: '', repeats: 0, windows: 0 };
  const ours = await runJob(dawn.program, { ...job, options: dawn.options }, meter, {});
  if ('failed' in ours) throw new AdapterError(`bench memory: expected a device, got ${ours.failed}`);
  const { name: adapter, kind } = ours.sample.adapter!;
  const environment = await adapterEnvironment(kind);
  const emptyDevices: Results['emptyDevices'][number][] = [{ name: dawn.name, sample: ours.sample }];
  for (const { name, program, options } of others) {
    const outcome = await runJob(program, { ...job, options }, meter, environment);
    emptyDevices.push('sample' in outcome ? { name, sample: outcome.sample } : { name, skipped: outcome.failed });
  }
  const tokenizer = await englishTokenizer();
  const bench = { meter, environment, device: ours.sample.deviceName, windows, tokenizer };
  return { bench, adapter, kind, emptyDevices };
}

/** The suite fails where this package wrote other words or its memory grew; of peers it only reports. */
function requireOurs({ rows }: Results): void {
  const grew = ({ transcribed }: Sample) =>
    transcribed?.afterFirstWindow.driver !== transcribed?.afterLastWindow.driver;
  const bad = rows.filter((row) => row.engine === OUR_NAME && row.sample && (!row.sameWords || grew(row.sample)));
  if (bad.length > 0) {
    throw new MemoryError(
      `bench memory: expected the words spoken and no growth, got otherwise in ${bad.map(keyOf).join('; ')}`,
    );
  }
}
