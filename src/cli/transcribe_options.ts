// The options of `transcribe`: openai/whisper's, with its names and defaults, then our own; docs/differences.md says where they differ.

import { type Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { type OutputFormat, type WriterOptions, writers } from '../output/index.ts';
import { CACHE_PRECISIONS, MODES } from '../whisper/graph_options.ts';
import type { TranscribeOptions } from '../whisper/options.ts';
import { WEIGHT_PRECISIONS } from '../whisper/weight_rules.ts';
import type { LoadOptions } from '../whisper/whisper.ts';
import { APPEND_PUNCTUATIONS, PREPEND_PUNCTUATIONS } from '../whisper/words/word_timestamps.ts';
import { profileFile } from './profile.ts';

/** What `all` stands for, as in openai/whisper. */
export const ALL: readonly OutputFormat[] = ['txt', 'vtt', 'srt', 'tsv', 'json'];
const FORMATS = (Object.keys(writers) as OutputFormat[]).filter((format) => !format.startsWith('cpp'));

/** A number, or none: commander makes an empty text of undefined and null. */
type Maybe = number | 'none';

export interface Flags {
  readonly model: string;
  readonly modelDir?: string;
  readonly device?: string;
  readonly outputDir?: string;
  readonly outputFormat?: OutputFormat | 'all';
  readonly verbose?: boolean;
  readonly task?: TranscribeOptions['task'];
  readonly language?: string;
  readonly temperature: number;
  readonly bestOf?: Maybe;
  readonly beamSize?: Maybe;
  readonly patience?: Maybe;
  readonly lengthPenalty?: Maybe;
  readonly suppressTokens: number[];
  readonly initialPrompt?: string;
  readonly carryInitialPrompt: boolean;
  readonly conditionOnPreviousText: boolean;
  readonly fp16: boolean;
  readonly temperatureIncrementOnFallback?: Maybe;
  readonly compressionRatioThreshold?: Maybe;
  readonly logprobThreshold?: Maybe;
  readonly noSpeechThreshold?: Maybe;
  readonly wordTimestamps: boolean;
  readonly prependPunctuations: string;
  readonly appendPunctuations: string;
  readonly highlightWords: boolean;
  readonly maxLineWidth?: Maybe;
  readonly maxLineCount?: Maybe;
  readonly maxWordsPerLine?: Maybe;
  readonly threads?: Maybe;
  readonly clipTimestamps: number[] | 'quiet';
  readonly hallucinationSilenceThreshold?: Maybe;
  readonly adapter?: string;
  readonly weights?: LoadOptions['weights'];
  readonly mode?: LoadOptions['mode'];
  readonly cache?: LoadOptions['cache'];
  readonly maxGpuMemory?: number;
  readonly audios: number | 'fit';
  readonly profile?: string;
  readonly quiet?: boolean;
}

export function addTranscribeOptions(command: Command): Command {
  const option = (flags: string, text: string, parse: (text: string) => unknown, preset?: unknown) =>
    command.addOption(new Option(flags, text).argParser(parse).default(preset));
  const choice = (flags: string, text: string, choices: readonly string[]) =>
    command.addOption(new Option(flags, text).choices(choices));

  command.optionsGroup('Files and language:');
  command.option('--model <name>', 'model folder or file, or the name of one that is installed', 'tiny.en');
  command.option('--model-dir <folder>', 'where to look for the model first');
  command.option('-o, --output-dir <folder>', 'write files here instead of stdout');
  choice('-f, --output-format <format>', 'default txt', [...FORMATS, 'all']);
  option('--verbose <boolean>', 'print segments with their times (true) or not at all (false)', boolean);
  choice('--task <task>', 'translate: into English', ['transcribe', 'translate']);
  command.option('--language <language>', 'code or name; default: detected');

  command.optionsGroup('Decoding:');
  option('--temperature <number>', 'first temperature to sample with; 0: most probable', number, 0);
  option('--temperature-increment-on-fallback <number>', 'None: one temperature', number, 0.2);
  option('--best-of <count>', 'samples to choose from, above temperature 0', number, 5);
  option('--beam-size <count>', 'beams, at temperature 0; None: greedy', number, 5);
  option('--patience <factor>', 'of beam search', number);
  option('--length-penalty <alpha>', 'default: by length alone', number);
  option('--compression-ratio-threshold <number>', 'text above it repeats itself', number, 2.4);
  option('--logprob-threshold <number>', 'text below it is not trusted', number, -1);
  option('--no-speech-threshold <number>', 'such a window is silent', number, 0.6);
  option('--suppress-tokens <ids>', 'never sampled; -1: most symbols', numbers, [-1]);
  command.option('--initial-prompt <text>', 'text to begin the first window with: names, spelling');
  option('--carry-initial-prompt <boolean>', 'begin every window with it', boolean, false);
  option('--condition-on-previous-text <boolean>', 'give each window the text before it', boolean, true);
  option(
    '--clip-timestamps <seconds>',
    'start,end,start,... of the parts to transcribe; quiet: cut at pauses',
    clips,
    [0],
  );

  command.optionsGroup('Words and subtitles:');
  option('--word-timestamps <boolean>', 'find the time of every word', boolean, false);
  command.option('--prepend-punctuations <marks>', 'joined to the next word', PREPEND_PUNCTUATIONS);
  command.option('--append-punctuations <marks>', 'joined to the word before', APPEND_PUNCTUATIONS);
  option('--highlight-words <boolean>', 'underline each word as it is spoken in srt and vtt', boolean, false);
  option('--max-line-width <characters>', 'of a subtitle line', number);
  option('--max-line-count <lines>', 'of a subtitle', number);
  option('--max-words-per-line <words>', 'of a subtitle', number);
  option('--hallucination-silence-threshold <seconds>', 'skip silence around what seems made up', number);

  command.optionsGroup('GPU and memory:');
  option('--fp16 <boolean>', 'false: keep attention caches in f32, if --cache does not say otherwise', boolean, true);
  option('--threads <count>', 'has no meaning here', number);
  command.option('--device <name>', 'has no meaning here: see --adapter');
  command.option('--adapter <name>', 'part of the name of the GPU to use');
  choice('--weights <format>', 'how weights are kept on the GPU; default as the file has them', WEIGHT_PRECISIONS);
  choice('--mode <mode>', 'what of the model is in GPU memory at a time; default resident', MODES);
  choice('--cache <format>', "how attention's keys and values are kept on the GPU; default f16", CACHE_PRECISIONS);
  option('--max-gpu-memory <bytes>', 'such as 600MB: takes the fastest mode and weights that fit', bytes);
  option(
    '--audios <count>',
    'files, or clips that do not know the text before, decoded together; fit: as many as --max-gpu-memory allows',
    audioCount,
    1,
  );
  option('--profile <file>', 'tell where the time goes: a .json trace for Perfetto, or a .html picture', profileFile);
  return command.option('-q, --quiet', 'nothing on stderr but errors');
}

/** What the engine must be loaded with. */
export function loadOptions(flags: Flags): LoadOptions {
  const { adapter, weights, mode, maxGpuMemory: maxGpuBytes, wordTimestamps, fp16 } = flags;
  const cache = flags.cache ?? (fp16 ? undefined : 'f32');
  if (flags.audios !== 1) return { adapter, weights, mode, cache, maxGpuBytes, audios: flags.audios };
  const sequences = Math.max(
    given(flags.beamSize) ?? 1,
    temperatures(flags).some((t) => t > 0) ? (given(flags.bestOf) ?? 1) : 1,
  );
  return { adapter, weights, mode, cache, maxGpuBytes, sequences, words: wordTimestamps };
}

export function transcribeOptions(flags: Flags): TranscribeOptions {
  const { language, task, suppressTokens, initialPrompt } = flags;
  const { carryInitialPrompt, conditionOnPreviousText, wordTimestamps, clipTimestamps } = flags;
  const { prependPunctuations, appendPunctuations } = flags;
  const temperature = temperatures(flags);
  return {
    ...{ language, task, suppressTokens, initialPrompt },
    ...(flags.audios === 1 && { beamSize: given(flags.beamSize), patience: given(flags.patience) }),
    lengthPenalty: given(flags.lengthPenalty),
    ...{ carryInitialPrompt, conditionOnPreviousText, wordTimestamps, clipTimestamps },
    ...{ prependPunctuations, appendPunctuations, temperature },
    bestOf: flags.audios === 1 && temperature.some((t) => t > 0) ? given(flags.bestOf) : undefined,
    compressionRatioThreshold: given(flags.compressionRatioThreshold) ?? null,
    logprobThreshold: given(flags.logprobThreshold) ?? null,
    noSpeechThreshold: given(flags.noSpeechThreshold) ?? null,
    hallucinationSilenceThreshold: given(flags.hallucinationSilenceThreshold) ?? null,
  };
}

/** @throws OptionError where subtitles by words are asked for without words, as openai does. */
export function writerOptions(flags: Flags): WriterOptions {
  const options = {
    highlightWords: flags.highlightWords,
    maxLineWidth: given(flags.maxLineWidth),
    maxLineCount: given(flags.maxLineCount),
    maxWordsPerLine: given(flags.maxWordsPerLine),
  };
  const [needless] = Object.entries(options).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (needless !== undefined && !flags.wordTimestamps) {
    const name = needless.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new OptionError(`transcribe: expected --word-timestamps True because of --${name}, got False`);
  }
  return { ...options, words: flags.wordTimestamps };
}

/** What openai warns of, and what has no meaning here. */
export function warnings(flags: Flags): string[] {
  const { threads, device, maxLineCount, maxLineWidth, maxWordsPerLine } = flags;
  const all: string[] = [];
  if (flags.wordTimestamps && flags.task === 'translate') {
    all.push('times of words may be wrong in translations');
  }
  if (typeof threads === 'number') all.push('--threads has no effect: the GPU does the work');
  if (device !== undefined) all.push(`--device ${device} has no effect: see --adapter`);
  if (typeof maxLineCount === 'number' && typeof maxLineWidth !== 'number') {
    all.push('--max-line-count has no effect without --max-line-width');
  }
  if (typeof maxWordsPerLine === 'number' && typeof maxLineWidth === 'number') {
    all.push('--max-words-per-line has no effect with --max-line-width');
  }
  return all;
}

/** From the first one on to 1, by the increment. */
function temperatures({ temperature, temperatureIncrementOnFallback: step }: Flags): number[] {
  if (typeof step !== 'number' || !(step > 0)) return [temperature];
  const count = Math.max(1, Math.ceil((1 + 1e-6 - temperature) / step));
  return Array.from({ length: count }, (_, i) => temperature + i * step);
}

function given(value: Maybe | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function number(text: string): Maybe {
  if (/^none$/i.test(text)) return 'none';
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new OptionError(`transcribe: expected a number, got '${text}'`);
  return value;
}

function audioCount(text: string): number | 'fit' {
  if (text === 'fit') return text;
  const value = number(text);
  if (value === 'none') throw new OptionError(`transcribe: expected a number of audios, or fit, got '${text}'`);
  return value;
}

function numbers(text: string): number[] {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const value = number(part);
    if (value === 'none') throw new OptionError(`transcribe: expected numbers with commas between, got '${text}'`);
    return value;
  });
}

function clips(text: string): number[] | 'quiet' {
  return text === 'quiet' ? text : numbers(text);
}

function boolean(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new OptionError(`transcribe: expected True or False, got '${text}'`);
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `600MB`, `1.5 GiB`, `12345`. */
function bytes(text: string): number {
  const [, count, unit = ''] = /^([\d.]+) *([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (count === undefined || factor === undefined || !(Number(count) > 0)) {
    throw new OptionError(`transcribe: expected bytes such as 600MB or 1.5GiB, got '${text}'`);
  }
  return Math.floor(Number(count) * factor);
}
