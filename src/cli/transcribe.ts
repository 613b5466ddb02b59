// `whisper-wgsl transcribe FILE...`

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { AudioError, OptionError } from '../errors.ts';
import { type OutputFormat, outputName, writeResult } from '../output/index.ts';
import type { TranscribeOptions } from '../whisper/options.ts';
import { type LoadOptions, type TranscribeResult, Whisper } from '../whisper/whisper.ts';
import { EXIT, type Io, megabytes, say } from './io.ts';
import { progressBar } from './progress.ts';

interface Flags {
  readonly model: string;
  readonly adapter?: string;
  readonly weights?: LoadOptions['weights'];
  readonly outputDir?: string;
  readonly outputFormat?: OutputFormat | 'all';
  readonly language?: string;
  readonly task?: TranscribeOptions['task'];
  readonly initialPrompt?: string;
  readonly temperature?: number;
  readonly conditionOnPreviousText?: boolean;
  readonly quiet?: boolean;
}

/** What `all` stands for, as in openai/whisper. */
const ALL: readonly OutputFormat[] = ['txt', 'vtt', 'srt', 'tsv', 'json'];
const FORMATS: readonly OutputFormat[] = [...ALL, 'lrc', 'csv'];

export function transcribeCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('transcribe')
    .description('Write down the speech of audio files: text to stdout, or files into a folder.')
    .argument('<file...>', 'audio: wav, flac, mp3, ogg, anything else if ffmpeg is installed; - reads stdin')
    .option('--model <folder>', 'model folder or file, or the name of one that is installed', 'tiny.en')
    .addOption(new Option('--weights <format>', 'how weights are kept on the GPU').choices(['f32', 'f16', 'int8']))
    .option('--adapter <name>', 'part of the name of the GPU to use')
    .option('-o, --output-dir <folder>', 'write files here instead of stdout')
    .addOption(new Option('-f, --output-format <format>', 'default txt').choices([...FORMATS, 'all']))
    .option('--language <language>', 'code or name; default: detected')
    .addOption(new Option('--task <task>', 'translate: into English').choices(['transcribe', 'translate']))
    .option('--initial-prompt <text>', 'text to begin the first window with: names, spelling')
    .option('--temperature <number>', 'one temperature instead of 0, 0.2 ... 1 as needed', Number)
    .option(
      '--condition-on-previous-text <boolean>',
      'give each window the text before it (default true)',
      parseBoolean,
    )
    .option('-q, --quiet', 'nothing on stderr but errors')
    .action(async (files: string[], flags: Flags) => exit(await transcribeFiles(files, flags, io)));
}

async function transcribeFiles(files: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (flags.outputFormat === 'all' && flags.outputDir === undefined) {
    throw new OptionError(
      'transcribe: expected --output-dir because --output-format all makes several files, got none',
    );
  }
  const began = performance.now();
  const { model, adapter, weights } = flags;
  await using whisper = await Whisper.load(model, { adapter, weights, signal: io.signal });
  if (!flags.quiet) {
    if (whisper.isSoftware) say(io, `no GPU in use: '${whisper.adapter}' computes on the CPU`);
    say(io, `${model} on '${whisper.adapter}', loaded in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  let failed = 0;
  for (const file of files) {
    try {
      await transcribeFile(whisper, file, flags, io);
    } catch (error) {
      if (!(error instanceof AudioError)) throw error;
      failed += 1;
      say(io, `error: ${error.message}`);
    }
  }
  if (failed === 0) return 0;
  return failed === files.length ? EXIT.failure : EXIT.someFilesFailed;
}

async function transcribeFile(whisper: Whisper, file: string, flags: Flags, io: Io): Promise<void> {
  const live = flags.outputDir === undefined && (flags.outputFormat ?? 'txt') === 'txt';
  const bar = progressBar(io, !flags.quiet);
  const { language, task, initialPrompt, temperature, conditionOnPreviousText } = flags;
  try {
    const result = await whisper.transcribe(file === '-' ? io.stdin : file, {
      ...{ language, task, initialPrompt, temperature, conditionOnPreviousText },
      signal: io.signal,
      onProgress: bar.update,
      onSegment: (segment) => live && io.stdout.write(`${segment.text.trim()}\n`),
    });
    bar.stop();
    if (!live) await write(result, file, flags, io);
    if (!flags.quiet) say(io, summary(result));
  } finally {
    bar.stop();
  }
}

async function write(result: TranscribeResult, file: string, flags: Flags, io: Io): Promise<void> {
  const format = flags.outputFormat ?? 'txt';
  if (flags.outputDir === undefined) {
    await writeResult(result, format as OutputFormat, io.stdout);
    return;
  }
  await mkdir(flags.outputDir, { recursive: true });
  for (const each of format === 'all' ? ALL : [format]) {
    await writeResult(result, each, join(flags.outputDir, outputName(file === '-' ? 'stdin' : file, each)));
  }
}

function summary({ duration, elapsed, memory, adapter, timings }: TranscribeResult): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const parts = Object.entries(timings).map(([name, ms]) => `${name} ${seconds(ms)}`);
  const factor = duration > 0 ? ` (${(elapsed / duration).toFixed(2)} x real time)` : '';
  return [
    `${duration.toFixed(1)} s of audio in ${elapsed.toFixed(1)} s${factor} on '${adapter}': ${parts.join(', ')}`,
    `GPU memory: ${megabytes(memory.plannedBytes)} planned = ${megabytes(memory.createdBytes)} created, ` +
      `${megabytes(memory.plannedBytes - memory.weightBytes)} of it beside the weights`,
  ].join('\n');
}

function parseBoolean(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new OptionError(`transcribe: expected True or False, got '${text}'`);
}
