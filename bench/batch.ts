// `npm run bench -- batch [model] [--mode streamed] [--rounds n]`: files decoded together, by how many: planned bytes, and seconds for all of
// them. The same 8 clips each time, the numbers of files in turns; in mode streamed they show what an upload shared by more of them saves.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OptionError } from '../src/errors.ts';
import { type LoadOptions, type TranscribeResult, Whisper } from '../src/index.ts';
import { commandOf, printHeader } from './header.ts';
import { inTurns } from './process/in_turns.ts';
import { table } from './report/markdown.ts';
import { leastAndMedian, spread } from './report/spread.ts';

const CLIP = fileURLToPath(new URL('../samples/jfk.flac', import.meta.url));
const FILES = 8;
const TOGETHER = [1, 2, 4, 8];
const HEADER = [
  'files at once',
  'GPU MB, planned = created',
  'encode, s',
  'decode, s',
  'ms a token',
  'x one at a time',
];

/** Of all files; milliseconds. */
interface Cost {
  readonly adapter: string;
  readonly plannedBytes: number;
  readonly encode: number;
  readonly decode: number;
  readonly tokens: number;
}

export async function main(args: string[]): Promise<void> {
  const { model, mode, rounds } = readArguments(args);
  const costs = await inTurns(TOGETHER, rounds, (audios) => costOf(model, { mode, audios }));
  printHeader(commandOf('batch', args), costs[0]![0]!.adapter);
  console.log(
    `# ${model}, ${mode}; ${FILES} clips of 11 s, greedy; least of ${rounds} rounds, and in brackets the median`,
  );
  const decodes = costs.map((cost) => spread(cost.map(({ decode }) => decode)));
  const rows = costs.map((cost, i) => [
    ...[String(TOGETHER[i]), (cost[0]!.plannedBytes / 1e6).toFixed(1)],
    leastAndMedian(spread(cost.map(({ encode }) => encode)), 2, 1e-3),
    leastAndMedian(decodes[i], 2, 1e-3),
    leastAndMedian(spread(cost.map(({ decode, tokens }) => decode / tokens)), 1),
    (decodes[0]!.min / decodes[i]!.min).toFixed(2),
  ]);
  console.log(table(HEADER, 0, rows));
}

async function costOf(model: string, options: LoadOptions): Promise<Cost> {
  await using whisper = await Whisper.load(model, options);
  await whisper.transcribe(CLIP, { temperature: 0 }); // drivers compile on first use
  const settled = await whisper.transcribeAll(new Array(FILES).fill(CLIP), { temperature: 0 });
  const results = settled.map(resultOf);
  // The timings are of all files together.
  const { prefill = 0, probe = 0, sample = 0, step = 0, encode = 0 } = results.at(-1)!.timings;
  const tokens = results.flatMap((r) => r.windows.flatMap((w) => w.attempts.at(-1)!.tokens)).length;
  const { plannedBytes } = whisper.memory;
  return { adapter: whisper.adapter, plannedBytes, encode, decode: prefill + probe + sample + step, tokens };
}

function resultOf(one: PromiseSettledResult<TranscribeResult>): TranscribeResult {
  if (one.status === 'rejected') throw one.reason;
  return one.value;
}

function readArguments(args: string[]) {
  const options = { mode: { type: 'string' }, rounds: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const rounds = Number(values.rounds ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new OptionError(`bench batch: expected --rounds from 1 on because the least is taken, got ${values.rounds}`);
  }
  const mode = (values.mode ?? 'absorbed') as NonNullable<LoadOptions['mode']>; // load refuses any other
  return { model: positionals[0] ?? 'tiny.en', mode, rounds };
}
