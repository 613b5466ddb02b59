// `npm run bench -- batch [model]`: files decoded together, by how many: planned bytes, and seconds for all of them. The same 8 clips each
// time; `--mode streamed` shows what an upload shared by more of them saves.

import { fileURLToPath } from 'node:url';
import { type LoadOptions, Whisper } from '../src/index.ts';
import { printHeader } from './header.ts';

const CLIP = fileURLToPath(new URL('../samples/jfk.flac', import.meta.url));
const FILES = 8;

export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--mode');
  const mode = (at < 0 ? 'absorbed' : args[at + 1]) as NonNullable<LoadOptions['mode']>;
  const [model = 'tiny.en'] = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  let first = Number.NaN;
  for (const audios of [1, 2, 4, 8]) {
    await using whisper = await Whisper.load(model, { mode, audios });
    if (audios === 1) {
      printHeader(`npm run bench -- batch ${model} --mode ${mode}`, whisper.adapter);
      console.log(
        '| files at once | GPU MB, planned = created | encode, s | decode, s | ms a token | x one at a time |',
      );
      console.log('|--:|--:|--:|--:|--:|--:|');
      await whisper.transcribe(CLIP, { temperature: 0 }); // drivers compile on first use
    }
    const settled = await whisper.transcribeAll(new Array(FILES).fill(CLIP), { temperature: 0 });
    const results = settled.map(
      (one) => (one as PromiseFulfilledResult<Awaited<ReturnType<Whisper['transcribe']>>>).value,
    );
    const { prefill = 0, probe = 0, sample = 0, step = 0, encode = 0 } = results.at(-1)!.timings;
    const decode = prefill + probe + sample + step;
    const tokens = results.flatMap((r) => r.windows.flatMap((w) => w.attempts.at(-1)!.tokens)).length;
    if (audios === 1) first = decode;
    const cells = [
      (whisper.memory.plannedBytes / 1e6).toFixed(1),
      (encode / 1e3).toFixed(2),
      (decode / 1e3).toFixed(2),
    ];
    console.log(
      `| ${audios} | ${cells.join(' | ')} | ${(decode / tokens).toFixed(1)} | ${(first / decode).toFixed(2)} |`,
    );
  }
}
