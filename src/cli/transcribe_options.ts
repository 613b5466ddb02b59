// The options of `transcribe`: openai/whisper's, with its names and defaults, then our own; docs/differences.md says where they differ.

import { type Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { type OutputFormat, type WriterOptions, writers } from '../output/index.ts';
import { MODES } from '../whisper/graph_options.ts';
import type { TranscribeOptions } from '../whisper/options.ts';
import { WEIGHT_PRECISIONS } from '../whisper/weight_rules.ts';
import type { LoadOptions } from '../whisper/whisper.ts';
import { APPEND_PUNCTUATIONS, PREPEND_PUNCTUATIONS } from '../whisper/words/word_timestamps.ts';

/** What `all` stands for, as in openai/whisper. */
export const ALL: readonly OutputFormat[] = ['txt', 'vtt', 'srt', 'tsv', 'json'];
const FORMATS = (Object.keys(writers) as OutputFormat[]).filter((format) => !format.startsWith('cpp'));

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
  readonly bestOf?: number;
  readonly beamSize?: number;
  readonly patience?: number;
  readonly lengthPenalty?: number;
  readonly suppressTokens: number[];
  readonly initialPrompt?: string;
  readonly carryInitialPrompt: boolean;
  readonly conditionOnPreviousText: boolean;
  readonly fp16: boolean;
  readonly temperatureIncrementOnFallback?: number;
  readonly compressionRatioThreshold?: number;
  readonly logprobThreshold?: number;
  readonly noSpeechThreshold?: number;
  readonly wordTimestamps: boolean;
  readonly prependPunctuations: string;
  readonly appendPunctuations: string;
  readonly highlightWords: boolean;
  readonly maxLineWidth?: number;
  readonly maxLineCount?: number;
  readonly maxWordsPerLine?: number;
  readonly threads?: number;
  readonly clipTimestamps: number[];
  readonly hallucinationSilenceThreshold?: number;
  readonly adapter?: string;
  readonly weights?: LoadOptions['weights'];
  readonly mode?: LoadOptions['mode'];
  readonly quiet?: boolean;
}

export function addTranscribeOptions(command: Command): Command {
  const option = (flags: string, text: string, parse: (text: string) => unknown, preset?: unknown) =>
    command.addOption(new Option(flags, text).argParser(parse).default(preset));
  const choice = (flags: string, text: string, choices: readonly string[]) =>
    command.addOption(new Option(flags, text).choices(choices));

  command.option('--model <name>', 'model folder or file, or the name of one that is installed', 'tiny.en');
  command.option('--model-dir <folder>', 'where to look for the model first');
  command.option('-o, --output-dir <folder>', 'write files here instead of stdout');
  choice('-f, --output-format <format>', 'default txt', [...FORMATS, 'all']);
  option('--verbose <boolean>', 'print segments with their times (true) or not at all (false)', boolean);
  choice('--task <task>', 'translate: into English', ['transcribe', 'translate']);
  command.option('--language <language>', 'code or name; default: detected');

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
  option('--clip-timestamps <seconds>', 'start,end,start,... of the parts to transcribe', numbers, [0]);

  option('--word-timestamps <boolean>', 'find the time of every word', boolean, false);
  command.option('--prepend-punctuations <marks>', 'joined to the next word', PREPEND_PUNCTUATIONS);
  command.option('--append-punctuations <marks>', 'joined to the word before', APPEND_PUNCTUATIONS);
  option('--highlight-words <boolean>', 'underline each word as it is spoken in srt and vtt', boolean, false);
  option('--max-line-width <characters>', 'of a subtitle line', number);
  option('--max-line-count <lines>', 'of a subtitle', number);
  option('--max-words-per-line <words>', 'of a subtitle', number);
  option('--hallucination-silence-threshold <seconds>', 'skip silence around what seems made up', number);

  option('--fp16 <boolean>', 'false: keep attention caches in f32', boolean, true);
  option('--threads <count>', 'has no meaning here', number);
  command.option('--device <name>', 'has no meaning here: see --adapter');
  command.option('--adapter <name>', 'part of the name of the GPU to use');
  choice('--weights <format>', 'how weights are kept on the GPU; default as the file has them', WEIGHT_PRECISIONS);
  choice('--mode <mode>', 'what of the model is in GPU memory at a time; default resident', MODES);
  return command.option('-q, --quiet', 'nothing on stderr but errors');
}

/** What the engine must be loaded with. */
export function loadOptions(flags: Flags): LoadOptions {
  const { adapter, weights, mode, wordTimestamps, fp16 } = flags;
  const sequences = Math.max(flags.beamSize ?? 1, temperatures(flags).some((t) => t > 0) ? (flags.bestOf ?? 1) : 1);
  return { adapter, weights, mode, sequences, words: wordTimestamps, ...(!fp16 && { cache: 'f32' }) };
}

export function transcribeOptions(flags: Flags): TranscribeOptions {
  const { language, task, beamSize, bestOf, patience, lengthPenalty, suppressTokens, initialPrompt } = flags;
  const { carryInitialPrompt, conditionOnPreviousText, wordTimestamps, clipTimestamps } = flags;
  const { prependPunctuations, appendPunctuations } = flags;
  const temperature = temperatures(flags);
  return {
    ...{ language, task, beamSize, patience, lengthPenalty, suppressTokens, initialPrompt },
    ...{ carryInitialPrompt, conditionOnPreviousText, wordTimestamps, clipTimestamps },
    ...{ prependPunctuations, appendPunctuations, temperature },
    bestOf: temperature.some((t) => t > 0) ? bestOf : undefined,
    compressionRatioThreshold: flags.compressionRatioThreshold ?? null,
    logprobThreshold: flags.logprobThreshold ?? null,
    noSpeechThreshold: flags.noSpeechThreshold ?? null,
    hallucinationSilenceThreshold: flags.hallucinationSilenceThreshold ?? null,
  };
}

/** @throws OptionError where subtitles by words are asked for without words, as openai does. */
export function writerOptions(flags: Flags): WriterOptions {
  const { highlightWords, maxLineWidth, maxLineCount, maxWordsPerLine, wordTimestamps } = flags;
  const given = Object.entries({ highlightWords, maxLineWidth, maxLineCount, maxWordsPerLine });
  const [needless] = given.find(([, value]) => value !== undefined && value !== false) ?? [];
  if (needless !== undefined && !wordTimestamps) {
    const name = needless.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new OptionError(`transcribe: expected --word-timestamps True because of --${name}, got False`);
  }
  return { highlightWords, maxLineWidth, maxLineCount, maxWordsPerLine };
}

/** What openai warns of, and what has no meaning here. */
export function warnings({ threads, device, maxLineCount, maxLineWidth, maxWordsPerLine }: Flags): string[] {
  const all: string[] = [];
  if (threads !== undefined) all.push('--threads has no effect: the GPU does the work');
  if (device !== undefined) all.push(`--device ${device} has no effect: see --adapter`);
  if (maxLineCount !== undefined && maxLineWidth === undefined) {
    all.push('--max-line-count has no effect without --max-line-width');
  }
  if (maxWordsPerLine !== undefined && maxLineWidth !== undefined) {
    all.push('--max-words-per-line has no effect with --max-line-width');
  }
  return all;
}

/** From the first one on to 1, by the increment. */
function temperatures({ temperature, temperatureIncrementOnFallback: step }: Flags): number[] {
  if (step === undefined || !(step > 0)) return [temperature];
  const count = Math.max(1, Math.ceil((1 + 1e-6 - temperature) / step));
  return Array.from({ length: count }, (_, i) => temperature + i * step);
}

function number(text: string): number | undefined {
  if (/^none$/i.test(text)) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new OptionError(`transcribe: expected a number, got '${text}'`);
  return value;
}

function numbers(text: string): number[] {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const value = number(part);
    if (value === undefined) throw new OptionError(`transcribe: expected numbers with commas between, got '${text}'`);
    return value;
  });
}

function boolean(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new OptionError(`transcribe: expected True or False, got '${text}'`);
}
