// `npm run bench -- decoding [model]`: what beams, samples, words and prompts cost beside greedy decoding, in planned bytes and in time.
// jfk with the bundled model unless another is named; the ways in turns.

import { fileURLToPath } from 'node:url';
import type { LoadOptions, TranscribeOptions } from '../src/index.ts';
import { Whisper } from '../src/index.ts';
import { commandOf, printHeader } from './header.ts';
import { inTurns } from './process/in_turns.ts';
import { table } from './report/markdown.ts';
import { leastAndMedian, spread } from './report/spread.ts';

const CLIP = fileURLToPath(new URL('../samples/jfk.flac', import.meta.url));
const ROUNDS = 3;
const LONG = 'It was a speech, and it was long, and they all listened to it. '.repeat(20); // fills the prompt's 223 tokens

const HEADER = ['way', 'GPU MB, planned = created', 'beside the weights', 'tokens', 'decoding, ms', 'x greedy'];

interface Way {
  readonly name: string;
  readonly load: LoadOptions;
  readonly options: TranscribeOptions;
}

const WAYS: readonly Way[] = [
  { name: 'greedy', load: {}, options: {} },
  { name: 'prompt of 223 tokens', load: {}, options: { initialPrompt: LONG } },
  { name: 'words', load: { words: true }, options: { wordTimestamps: true } },
  { name: '5 beams', load: { sequences: 5 }, options: { beamSize: 5 } },
  { name: '5 beams, words', load: { sequences: 5, words: true }, options: { beamSize: 5, wordTimestamps: true } },
  { name: 'best of 5 at 0.4', load: { sequences: 5 }, options: { temperature: 0.4, bestOf: 5, seed: 1 } },
];

interface Cost {
  readonly adapter: string;
  readonly plannedBytes: number;
  readonly weightBytes: number;
  readonly tokens: number;
  /** Milliseconds of all phases after the encoder. */
  readonly decode: number;
}

export async function main(args: readonly string[]): Promise<void> {
  const [model = 'tiny.en'] = args;
  const costs = await inTurns(WAYS, ROUNDS, (way) => costOf(way, model));
  printHeader(commandOf('decoding', args), costs[0]![0]!.adapter);
  console.log(`# ${model}; least of ${ROUNDS} rounds, and in brackets the median`);
  const decodes = costs.map((cost) => spread(cost.map(({ decode }) => decode)));
  const rows = WAYS.map(({ name }, i) => {
    const { plannedBytes, weightBytes, tokens } = costs[i]![0]!;
    return [
      ...[name, (plannedBytes / 1e6).toFixed(1), ((plannedBytes - weightBytes) / 1e6).toFixed(1), String(tokens)],
      ...[leastAndMedian(decodes[i], 0), (decodes[i]!.min / decodes[0]!.min).toFixed(2)],
    ];
  });
  console.log(table(HEADER, 1, rows));
}

async function costOf({ load, options }: Way, model: string): Promise<Cost> {
  await using whisper = await Whisper.load(model, load);
  const transcribe = () => whisper.transcribe(CLIP, { temperature: 0, ...options });
  await transcribe(); // drivers compile on first use
  const { timings, windows } = await transcribe();
  const { mel = 0, encode = 0, cross = 0, ...decoding } = timings;
  const { plannedBytes, weightBytes } = whisper.memory;
  return {
    ...{ adapter: whisper.adapter, plannedBytes, weightBytes },
    tokens: windows.flatMap((w) => w.attempts.at(-1)!.tokens).length,
    decode: Object.values(decoding).reduce((sum, ms) => sum + ms, 0),
  };
}
