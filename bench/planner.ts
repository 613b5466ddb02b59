// `npm run bench -- planner [folder] [--effort fast|search|exact]... [--time-limit ms] [--models]`: packs every CSV of a folder
// (google/minimalloc's form). Each cell is the arena's height over the lower bound and the milliseconds it took.
// tflite, execution and minimalloc are those planners' static orders, placed greedily: what a planner without search
// gets. A file named X.<bytes>.csv is also packed into that capacity, as minimalloc's own benchmark does. `--models` plans
// Whisper's own graphs instead.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Effort,
  type Fit,
  lowerBound,
  type OrderName,
  type Problem,
  packBuffers,
  packInOrder,
  parseCsv,
  validatePacking,
} from '../src/allocator/index.ts';
import { MemoryError, OptionError } from '../src/errors.ts';
import { commandOf, printHeader } from './header.ts';
import { printModels } from './planner/models.ts';

const DEFAULT_FOLDER = 'test/goldens/planner';
const EFFORTS = ['fast', 'search', 'exact'] as const;
const BASELINES: Readonly<Record<string, readonly (readonly [OrderName, Fit])[]>> = {
  tflite: [['tflite', 'tightest']],
  execution: [['execution', 'tightest']],
  minimalloc: [
    ['WAT', 'lowest'],
    ['TAW', 'lowest'],
    ['TWA', 'lowest'],
  ],
};
const WIDTH = 17;

export function main(args: string[]): void {
  const { folder, efforts, timeLimitMs, models } = readArguments(args);
  if (models) {
    printHeader(commandOf('planner', args), 'none, one thread');
    printModels();
    return;
  }
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
  if (files.length === 0) throw new OptionError(`bench planner: expected CSV files in ${folder}, got none`);
  printHeader(commandOf('planner', args), 'none, one thread');
  const columns = [...Object.keys(BASELINES), ...efforts, 'to capacity'];
  console.log(line('instance', 'buffers', 'lower bound', columns));
  const capacities: (number | undefined)[] = []; // milliseconds by file that names one; undefined: not reached
  for (const file of files.sort()) {
    const { problem } = parseCsv(readFileSync(join(folder, file), 'utf8'), file);
    const bound = lowerBound(problem);
    const capacity = capacityOf(file);
    const reached = capacity === undefined ? undefined : packToCapacity(problem, capacity, timeLimitMs);
    if (capacity !== undefined) capacities.push(reached);
    const cells = [
      ...Object.values(BASELINES).map((tries) => packGreedily(problem, tries, bound)),
      ...efforts.map((effort) => pack(problem, effort, bound, timeLimitMs)),
      capacity === undefined ? '-' : reached === undefined ? 'not reached' : `${reached.toFixed(0)} ms`,
    ];
    console.log(line(basename(file, '.csv'), `${problem.buffers.length}`, `${bound}`, cells));
  }
  const met = capacities.filter((time) => time !== undefined);
  const seconds = met.reduce((sum, time) => sum + time, 0) / 1000;
  if (capacities.length > 0)
    console.log(`${met.length} of ${capacities.length} capacities reached, in ${seconds.toFixed(2)} s in all`);
}

interface Arguments {
  readonly folder: string;
  readonly efforts: readonly Effort[];
  readonly timeLimitMs?: number;
  readonly models: boolean;
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      effort: { type: 'string', multiple: true },
      'time-limit': { type: 'string' },
      models: { type: 'boolean' },
    },
  });
  const efforts = (values.effort ?? EFFORTS).map((given) => {
    const effort = EFFORTS.find((one) => one === given);
    if (effort !== undefined) return effort;
    throw new OptionError(`bench planner: expected --effort to be one of ${EFFORTS.join(', ')}, got '${given}'`);
  });
  const limit = values['time-limit'];
  const timeLimitMs = limit === undefined ? undefined : Number(limit);
  return { folder: positionals[0] ?? DEFAULT_FOLDER, efforts, timeLimitMs, models: values.models ?? false };
}

/** The lowest of several greedy placements, and the time of all. */
function packGreedily(problem: Problem, tries: readonly (readonly [OrderName, Fit])[], bound: number): string {
  const start = performance.now();
  const heights = tries.map(([order, fit]) => packInOrder(problem, order, fit).height);
  return cell(Math.min(...heights) / bound, performance.now() - start);
}

function pack(problem: Problem, effort: Effort, bound: number, timeLimitMs: number | undefined): string {
  const packing = packBuffers(problem, { effort, timeLimitMs });
  check(problem, packing);
  return cell(packing.height / bound, packing.milliseconds);
}

/** Milliseconds until a packing of that capacity is found; nothing when none is in the time limit. */
function packToCapacity(problem: Problem, capacity: number, timeLimitMs: number | undefined): number | undefined {
  try {
    const packing = packBuffers(problem, { effort: 'exact', capacity, timeLimitMs });
    check({ ...problem, capacity }, packing);
    return packing.milliseconds;
  } catch (error) {
    if (error instanceof MemoryError) return undefined;
    throw error;
  }
}

/** Pairwise checks of tens of thousands of buffers would take longer than packing them. */
const MOST_TO_CHECK = 5_000;

function check(problem: Problem, packing: { offsets: readonly number[]; height: number }): void {
  if (problem.buffers.length > MOST_TO_CHECK) return;
  const [fault] = validatePacking(problem, packing);
  if (fault !== undefined) throw new MemoryError(`bench planner: expected a valid packing, got: ${fault.message}`);
}

function capacityOf(file: string): number | undefined {
  const bytes = /\.(\d+)\.csv$/.exec(file)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}

function cell(ratio: number, milliseconds: number): string {
  return `${ratio.toFixed(4)} ${milliseconds.toFixed(0).padStart(6)} ms`;
}

function line(instance: string, buffers: string, bound: string, cells: readonly string[]): string {
  return `${instance.padEnd(16)} ${buffers.padStart(7)} ${bound.padStart(13)} ${cells.map((text) => text.padStart(WIDTH)).join('')}`;
}
