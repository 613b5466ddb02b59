// `whisper-wgsl parity`: one audio through our engine, and where it first differs from openai/whisper's result for it.

import { Command } from 'commander';
import { openAudio } from '../audio/index.ts';
import { OptionError } from '../errors.ts';
import type { TranscriptionResult } from '../output/result.ts';
import { loadEngine } from '../whisper/load_engine.ts';
import { resolveOptions } from '../whisper/options.ts';
import { checkParity } from '../whisper/parity/check.ts';
import { EXIT, type Io, say } from './io.ts';
import { parityJson, parityText } from './parity_text.ts';
import { progressBar } from './progress.ts';
import { addTranscribeOptions, type Flags, loadOptions, transcribeOptions } from './transcribe_options.ts';
import { readResult } from './transcript_file.ts';

/** Options of `transcribe` that change what is written or how many files there are, not what is heard. */
const NOT_OURS = [
  ...['modelDir', 'outputDir', 'outputFormat', 'verbose', 'highlightWords', 'maxLineWidth', 'maxLineCount'],
  ...['maxWordsPerLine', 'threads', 'device', 'audios'],
];

export function parityCommand(io: Io, exit: (code: number) => void): Command {
  const command = new Command('parity')
    .description(
      "Transcribe, and say where the result first differs from openai/whisper's: window, step, tokens, log-probabilities.",
    )
    .argument('<audio>', 'what openai/whisper was given; - reads stdin')
    .argument('<openai.json>', 'what it made of it; give the options it was made with')
    .option('--json', 'print JSON');
  for (const option of addTranscribeOptions(new Command()).options) {
    if (!NOT_OURS.includes(option.attributeName())) command.addOption(option);
  }
  return command.action(async (audio: string, openai: string, flags: Flags & { readonly json?: boolean }) =>
    exit(await compare(audio, openai, { ...flags, audios: 1 }, io)),
  );
}

/** @returns 0 where all is the same, 1 where something differs. */
async function compare(audio: string, path: string, flags: Flags & { readonly json?: boolean }, io: Io) {
  const openai = await readResult(path, io);
  checkWords(path, openai, flags);
  await using loaded = await loadEngine(flags.model, { ...loadOptions(flags), signal: io.signal });
  const { engine, tokenizer, gpu } = loaded;
  if (!flags.quiet) say(io, `${flags.model} on '${gpu.name}'${gpu.caps.cpu ? ', which computes on the CPU' : ''}`);
  await using source = await openAudio(audio === '-' ? io.stdin : audio, { signal: io.signal });
  const bar = progressBar(io, !flags.quiet);
  try {
    const wanted = transcribeOptions(flags);
    const language = tokenizer.isMultilingual ? wanted.language : undefined;
    const given = { ...wanted, language, signal: io.signal, onProgress: bar.update };
    const options = resolveOptions(given, tokenizer, engine.options);
    const parity = await checkParity(engine, tokenizer, source, options, openai);
    gpu.check();
    bar.stop();
    io.stdout.write(flags.json ? parityJson(parity, openai, tokenizer) : parityText(parity, openai, tokenizer));
    return parity.divergence === undefined && parity.values.length === 0 ? 0 : EXIT.failure;
  } finally {
    bar.stop();
  }
}

/** Word times change where windows begin, so a result with them is not comparable with one without. */
function checkWords(path: string, { segments }: TranscriptionResult, { wordTimestamps }: Flags): void {
  const found = segments.some(({ words }) => words !== undefined && words.length > 0);
  if (found === wordTimestamps || segments.length === 0) return;
  const option = `--word-timestamps ${found ? 'True' : 'False'}`;
  throw new OptionError(
    `parity: expected ${option} because ${path} has ${found ? 'words' : 'no words'}, got the other`,
  );
}
