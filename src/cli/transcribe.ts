// `whisper-wgsl transcribe FILE...`

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { AudioError, OptionError } from '../errors.ts';
import { formatTimestamp, type OutputFormat, outputName, type Segment, writeResult } from '../output/index.ts';
import { PUBLISHED_DIMS } from '../whisper/dims.ts';
import { type TranscribeResult, Whisper } from '../whisper/whisper.ts';
import { EXIT, type Io, megabytes, say } from './io.ts';
import { writeProfile } from './profile.ts';
import { progressBar } from './progress.ts';
import {
  ALL,
  addTranscribeOptions,
  type Flags,
  loadOptions,
  transcribeOptions,
  warnings,
  writerOptions,
} from './transcribe_options.ts';

export function transcribeCommand(io: Io, exit: (code: number) => void): Command {
  const command = new Command('transcribe')
    .description('Write down the speech of audio files: text to stdout, or files into a folder.')
    .argument('<file...>', 'audio: wav, flac, mp3, ogg, anything else if ffmpeg is installed; - reads stdin');
  return addTranscribeOptions(command).action(async (files: string[], flags: Flags) =>
    exit(await transcribeFiles(files, flags, io)),
  );
}

async function transcribeFiles(files: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (flags.outputFormat === 'all' && flags.outputDir === undefined) {
    throw new OptionError(
      'transcribe: expected --output-dir because --output-format all makes several files, got none',
    );
  }
  writerOptions(flags);
  const began = performance.now();
  const local = join(flags.modelDir ?? '', flags.model);
  const model = flags.modelDir !== undefined && existsSync(local) ? local : flags.model;
  await using whisper = await Whisper.load(model, {
    ...loadOptions(flags),
    profile: flags.profile !== undefined,
    signal: io.signal,
  });
  if (!flags.quiet) {
    for (const line of [...warnings(flags), ...modelWarnings(whisper, flags)]) say(io, `warning: ${line}`);
    if (whisper.isSoftware) say(io, `no GPU in use: '${whisper.adapter}' computes on the CPU`);
    const { mode, weights, cache, reason } = whisper.configuration;
    if (flags.maxGpuMemory !== undefined)
      say(io, `within ${megabytes(flags.maxGpuMemory)}: ${mode}, ${weights}, ${cache} caches (${reason})`);
    say(io, `${model} on '${whisper.adapter}', loaded in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  const transcribe = flags.audios !== 1 && files.length > 1 ? transcribeTogether : transcribeEach;
  const code = await transcribe(whisper, files, flags, io);
  if (flags.profile !== undefined) await writeProfile(flags.profile, whisper.takeProfile(), flags.quiet === true, io);
  return code;
}

/** One after another: what a file says is printed as it is heard. */
async function transcribeEach(whisper: Whisper, files: readonly string[], flags: Flags, io: Io): Promise<number> {
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
  return exitCode(failed, files.length);
}

/** Several at a time: what each says is printed when all are done, in the order of the files. */
async function transcribeTogether(whisper: Whisper, files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const options = { ...transcribeOptions(flags), signal: io.signal };
  const language = whisper.tokenizer.isMultilingual ? options.language : undefined;
  const settled = await whisper.transcribeAll(
    files.map((file) => (file === '-' ? io.stdin : file)),
    { ...options, language },
  );
  let failed = 0;
  for (const [i, one] of settled.entries()) {
    if (one.status === 'fulfilled') {
      for (const segment of one.value.segments) printSegment(segment, flags, io);
      await finish(one.value, files[i]!, flags, io);
    } else {
      if (!(one.reason instanceof AudioError)) throw one.reason;
      failed += 1;
      say(io, `error: ${one.reason.message}`);
    }
  }
  return exitCode(failed, files.length);
}

function exitCode(failed: number, files: number): number {
  if (failed === 0) return 0;
  return failed === files ? EXIT.failure : EXIT.someFilesFailed;
}

/** What openai warns of once it knows the model. */
function modelWarnings({ tokenizer, dims }: Whisper, { language, task }: Flags): string[] {
  if (!tokenizer.isMultilingual && language !== undefined && !isEnglish(language)) {
    return [`the model knows English only, but was given '${language}'; using English instead`];
  }
  const turbo = PUBLISHED_DIMS['turbo']!;
  const isTurbo = dims.n_text_layer === turbo.n_text_layer && dims.n_audio_layer === turbo.n_audio_layer;
  return task === 'translate' && isTurbo ? ['turbo was not trained to translate; it will likely transcribe'] : [];
}

function isEnglish(language: string): boolean {
  return ['en', 'english'].includes(language.toLowerCase());
}

async function transcribeFile(whisper: Whisper, file: string, flags: Flags, io: Io): Promise<void> {
  const bar = progressBar(io, !flags.quiet);
  const options = transcribeOptions(flags);
  try {
    const result = await whisper.transcribe(file === '-' ? io.stdin : file, {
      ...options,
      language: whisper.tokenizer.isMultilingual ? options.language : undefined,
      signal: io.signal,
      onProgress: bar.update,
      onSegment: (segment) => printSegment(segment, flags, io),
    });
    bar.stop();
    await finish(result, file, flags, io);
  } finally {
    bar.stop();
  }
}

const isTextOnly = (flags: Flags) => flags.outputDir === undefined && (flags.outputFormat ?? 'txt') === 'txt';

/** The text alone where that is the output, or as openai/whisper prints it when verbose. */
function printSegment({ start, end, text }: Segment, flags: Flags, io: Io): void {
  if (!(flags.verbose ?? isTextOnly(flags))) return;
  io.stdout.write(
    flags.verbose ? `[${formatTimestamp(start)} --> ${formatTimestamp(end)}] ${text}\n` : `${text.trim()}\n`,
  );
}

async function finish(result: TranscribeResult, file: string, flags: Flags, io: Io): Promise<void> {
  if (!isTextOnly(flags)) await write(result, file, flags, io);
  if (!flags.quiet) say(io, summary(result));
}

async function write(result: TranscribeResult, file: string, flags: Flags, io: Io): Promise<void> {
  const format = flags.outputFormat ?? 'txt';
  if (flags.outputDir === undefined) {
    await writeResult(result, format as OutputFormat, io.stdout, writerOptions(flags));
    return;
  }
  await mkdir(flags.outputDir, { recursive: true });
  for (const each of format === 'all' ? ALL : [format]) {
    const path = join(flags.outputDir, outputName(file === '-' ? 'stdin' : file, each));
    await writeResult(result, each, path, writerOptions(flags));
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
