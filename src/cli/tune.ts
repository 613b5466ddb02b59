// `whisper-wgsl tune`: measures which kernels are fastest here for a model, and keeps the choices for every later load.

import { Command, InvalidArgumentError, Option } from 'commander';
import { openModel } from '../formats/detect.ts';
import { openGpu } from '../gpu/device.ts';
import { tuneKernels } from '../gpu/tune.ts';
import { readStore, writeStore } from '../gpu/tune_store.ts';
import type { Graph } from '../graph/graph.ts';
import { MODES, type Mode } from '../whisper/graph_options.ts';
import { configure } from '../whisper/load_options.ts';
import { whisperGraph } from '../whisper/model.ts';
import { findModel } from '../whisper/model_folder.ts';
import { WEIGHT_PRECISIONS, type WeightPrecision } from '../whisper/weight_rules.ts';
import { type Io, say } from './io.ts';
import { predictionText, refusalText, tuneHeader, tuneRow } from './tune_text.ts';

interface Flags {
  readonly model: string;
  readonly adapter?: string;
  readonly mode?: Mode;
  readonly weights?: WeightPrecision;
  readonly sequences: readonly number[];
  readonly limit: number;
  readonly all?: boolean;
}

export function tuneCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('tune')
    .description('Measure which kernels are fastest on this GPU for a model; every later load uses them.')
    .option('--model <path>', 'a model folder or file, or a name', 'tiny.en')
    .option('--adapter <name>', 'part of the name of the GPU to run on')
    .addOption(new Option('--mode <mode>', 'memory mode to tune for').choices(MODES))
    .addOption(new Option('--weights <format>', 'format of weights to tune for').choices(WEIGHT_PRECISIONS))
    .option('--sequences <list>', 'tune for so many sequences decoded at once, beams or samples', counts, [1, 5])
    .option('--limit <seconds>', 'give a kernel up that takes longer to compile and run once', seconds, 20)
    .option(
      '--all',
      'try kernels made for GPUs on software adapters too, whose drivers may take minutes to compile each',
    )
    .action(async (flags: Flags) => exit(await tune(flags, io)));
}

async function tune({ limit, all, ...flags }: Flags, io: Io): Promise<number> {
  const began = performance.now();
  const graphs = await graphsOf(flags);
  const gpu = await openGpu({ adapter: flags.adapter });
  try {
    const print = (line: string) => io.stdout.write(`${line}\n`);
    const { reason, state } = { state: undefined, ...(await readStore(gpu)) };
    if (state === 'unusable') say(io, `warning: begins anew because of ${reason}`);
    print(`${flags.model} on '${gpu.name}'`);
    print(tuneHeader());
    const tuned = await tuneKernels(gpu, [...graphs.values()], {
      limitSeconds: limit,
      all,
      signal: io.signal,
      onSite: (site, done, of) => print(tuneRow(site, done, of)),
    });
    for (const line of refusalText(tuned)) print(line);
    for (const [sequences, graph] of graphs) for (const line of predictionText(sequences, graph, tuned)) print(line);
    const path = await writeStore(gpu, tuned);
    say(io, `${path} written after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return 0;
  } finally {
    await gpu.close();
  }
}

/** The model's graph for each number of sequences; with the phase that finds words, where there is one. */
async function graphsOf({ model: name, mode, weights, sequences }: Omit<Flags, 'limit'>): Promise<Map<number, Graph>> {
  const model = await openModel(findModel(name));
  try {
    const { dims } = model;
    const graph = (count: number) =>
      whisperGraph(dims, configure(model, { mode, weights, sequences: count, words: true }));
    return new Map(sequences.map((count) => [count, graph(count)]));
  } finally {
    await model.file.close();
  }
}

function counts(text: string): readonly number[] {
  const all = text.split(',').map(Number);
  if (all.every((count) => Number.isInteger(count) && count > 0)) return all;
  throw new InvalidArgumentError(`expected positive integers with commas between, got '${text}'`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError(`expected a positive number of seconds, got '${text}'`);
}
