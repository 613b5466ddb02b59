// `npm run bench -- decoding [model]`: what beams, samples, words and prompts cost beside greedy decoding, in planned bytes and in time.
// jfk with the bundled model unless another is named; ways interleaved, each engine loaded once.

import { fileURLToPath } from 'node:url';
import type { LoadOptions, TranscribeOptions } from '../src/index.ts';
import { Whisper } from '../src/index.ts';
import { printHeader } from './header.ts';

const CLIP = fileURLToPath(new URL('../samples/jfk.flac', import.meta.url));
const RUNS = 3;
const LONG = 'It was a speech, and it was long, and they all listened to it. '.repeat(20); // fills the prompt's 223 tokens

const WAYS: readonly { readonly name: string; readonly load: LoadOptions; readonly options: TranscribeOptions }[] = [
  { name: 'greedy', load: {}, options: {} },
  { name: 'prompt of 223 tokens', load: {}, options: { initialPrompt: LONG } },
  { name: 'words', load: { words: true }, options: { wordTimestamps: true } },
  { name: '5 beams', load: { sequences: 5 }, options: { beamSize: 5 } },
  { name: '5 beams, words', load: { sequences: 5, words: true }, options: { beamSize: 5, wordTimestamps: true } },
  { name: 'best of 5 at 0.4', load: { sequences: 5 }, options: { temperature: 0.4, bestOf: 5, seed: 1 } },
];

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly beside: number;
  readonly tokens: number;
  /** Milliseconds of all phases after the encoder. */
  readonly decode: number;
}

async function once({ name, load, options }: (typeof WAYS)[number], model: string): Promise<Row> {
  await using whisper = await Whisper.load(model, load);
  const times: number[] = [];
  let tokens = 0;
  for (let run = 0; run < RUNS; run++) {
    const { timings, windows } = await whisper.transcribe(CLIP, { temperature: 0, ...options });
    const { mel = 0, encode = 0, cross = 0, ...decoding } = timings;
    times.push(Object.values(decoding).reduce((sum, ms) => sum + ms, 0));
    tokens = windows.flatMap((w) => w.attempts.at(-1)!.tokens).length;
  }
  const { plannedBytes, weightBytes } = whisper.memory;
  return { name, bytes: plannedBytes, beside: plannedBytes - weightBytes, tokens, decode: Math.min(...times) };
}

export async function main([model = 'tiny.en']: readonly string[]): Promise<void> {
  const probe = await Whisper.load(model);
  printHeader(`npm run bench -- decoding ${model}`, probe.adapter);
  await probe.dispose();
  console.log(
    '| way | GPU MB, planned = created | beside the weights | tokens | decoding, ms, least of 3 | x greedy |',
  );
  console.log('|---|--:|--:|--:|--:|--:|');
  let greedy = Number.NaN;
  for (const way of WAYS) {
    const { name, bytes, beside, tokens, decode } = await once(way, model);
    if (way.name === 'greedy') greedy = decode;
    const cells = [
      (bytes / 1e6).toFixed(1),
      (beside / 1e6).toFixed(1),
      tokens,
      decode.toFixed(0),
      (decode / greedy).toFixed(2),
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
