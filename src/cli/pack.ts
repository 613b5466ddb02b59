// `whisper-wgsl pack`: the planner's packer by itself, on packing problems in the CSV form of google/minimalloc and idealloc.

import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Effort, formatCsv, type Packing, type Problem, packBuffersAsync, parseCsv } from '../allocator/index.ts';
import { OptionError } from '../errors.ts';
import { writeText } from '../output/write_text.ts';
import { type Io, say } from './io.ts';

interface Flags {
  readonly capacity?: number;
  readonly effort: Effort;
  readonly timeLimit?: number;
  readonly output: string;
}

export function packCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('pack')
    .description('Pack buffers with lifetimes into as few bytes as can be: CSV of id, lower, upper, size; adds offset.')
    .argument('<problem.csv>', 'times half-open; optional columns alignment, hint, gaps; - reads stdin')
    .option('--capacity <bytes>', 'stop at a packing of these bytes, fail without one', wholeNumber)
    .addOption(
      new Option('--effort <effort>', 'exact goes on until it has proved its packing optimal')
        .choices(['fast', 'search', 'exact'])
        .default('fast'),
    )
    .option('--time-limit <seconds>', 'default 1, 10 and 60, by effort', seconds)
    .option('-o, --output <file>', 'where to write the packed CSV; - is stdout', '-')
    .action(async (file: string, flags: Flags) => {
      await pack(file, flags, io);
      exit(0);
    });
}

/** @throws MemoryError when a capacity is given and not met; then nothing is written. */
async function pack(file: string, { capacity, effort, timeLimit, output }: Flags, io: Io): Promise<void> {
  const { problem } = parseCsv(await readProblem(file, io), file);
  const timeLimitMs = timeLimit === undefined ? undefined : 1000 * timeLimit;
  const packing = await packBuffersAsync(problem, { capacity, effort, timeLimitMs, signal: io.signal });
  await writeText(output === '-' ? io.stdout : output, formatCsv(problem, packing.offsets));
  say(io, summary(problem, packing));
}

async function readProblem(file: string, io: Io): Promise<string> {
  if (file === '-') return text(addAbortSignal(io.signal, io.stdin));
  return readFile(file, { encoding: 'utf8', signal: io.signal }).catch((cause: NodeJS.ErrnoException) => {
    io.signal.throwIfAborted();
    throw new OptionError(`pack: expected a CSV file that can be read at ${file}, got ${cause.code}`, { cause });
  });
}

const VERDICTS: Readonly<Record<Packing['stop'], string>> = {
  optimal: 'optimal: no packing is lower',
  capacity: 'stopped: the capacity is met',
  work: 'stopped: the effort is spent; there may be lower packings',
  time: 'stopped: the time is spent; there may be lower packings',
};

/** Two lines: how low, and whether lower is possible. */
function summary({ buffers }: Problem, { height, lowerBound, stop, effort, foundBy, milliseconds }: Packing): string {
  const ratio = lowerBound > 0 ? height / lowerBound : 1;
  return [
    `${buffers.length} buffers: height ${height}, bound ${lowerBound}, ratio ${ratio.toFixed(4)}`,
    `${VERDICTS[stop]} (effort ${effort}, ${(milliseconds / 1000).toFixed(2)} s, by ${foundBy})`,
  ].join('\n');
}

function wholeNumber(given: string): number {
  const value = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a whole number of bytes.');
}

function seconds(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && value >= 0) return value;
  throw new InvalidArgumentError('Expected seconds from 0.');
}
