// Options of a transcription, openai's in camelCase (openai/whisper transcribe.py and decoding.py DecodingOptions), checked in one place.

import { OptionError } from '../errors.ts';
import type { Segment } from '../output/result.ts';
import type { Task, Tokenizer } from '../text/tokenizer.ts';
import { needsCandidates } from './beam_search.ts';
import type { GraphOptions } from './graph_options.ts';
import { APPEND_PUNCTUATIONS, PREPEND_PUNCTUATIONS } from './words/word_timestamps.ts';

export interface Progress {
  /** Seconds of audio behind, and in all. */
  readonly seconds: number;
  readonly duration: number;
}

export interface TranscribeOptions {
  /** What to do with foreign speech: write it down, or translate it into English. Default `transcribe`. */
  readonly task?: Task;
  /** Code or name; default: detected from the first 30 s, and English for English-only models. */
  readonly language?: string;
  /** One temperature, or those to try in order until the text passes the thresholds. 0 picks the most probable token. */
  readonly temperature?: number | readonly number[];
  /** Hypotheses of a beam search, for temperature 0; default: none, the most probable token is taken. The engine must have as many sequences. */
  readonly beamSize?: number;
  /** Beam search waits for beamSize * patience finished hypotheses. Default 1. */
  readonly patience?: number;
  /** Samples to take the best of, for temperatures above 0. Default 1. The engine must have as many sequences. */
  readonly bestOf?: number;
  /** Alpha of the length penalty, 0 to 1, by which the best hypothesis is chosen; default: log probability over length. */
  readonly lengthPenalty?: number;
  /** Try the next temperature when text repeats itself: utf-8 bytes over zlib's length above this. `null`: never. */
  readonly compressionRatioThreshold?: number | null;
  /** Try the next temperature when the average log probability is below this. `null`: never. */
  readonly logprobThreshold?: number | null;
  /** A window above this probability of silence, and below `logprobThreshold`, is skipped. `null`: never. */
  readonly noSpeechThreshold?: number | null;
  /** Give each window the text before it as a prompt. Default true. */
  readonly conditionOnPreviousText?: boolean;
  /** Text to begin the prompt with: names, spelling, style. */
  readonly initialPrompt?: string;
  /** Keep the initial prompt in every window's prompt. */
  readonly carryInitialPrompt?: boolean;
  /** Text every window is made to begin with; it is not part of the result. */
  readonly prefix?: string;
  /** Tokens never picked: ids, `-1` among them for openai's list of symbols that are not speech. Default [-1]. */
  readonly suppressTokens?: readonly number[];
  /** No blank at the begin of a window. Default true. */
  readonly suppressBlank?: boolean;
  readonly withoutTimestamps?: boolean;
  /** Seconds; the first timestamp of a window is not later. Default 1; `null`: no cap. */
  readonly maxInitialTimestamp?: number | null;
  /** Tokens of a window at most. Default half the decoder's context, 224. */
  readonly sampleLength?: number;
  /**
   * Seconds: start, end, start, end ... of the parts to transcribe; the last end may be left out. `quiet`: all of the file, cut at pauses
   * into parts of 15 to 30 s.
   */
  readonly clipTimestamps?: readonly number[] | 'quiet';
  /** Find the time of every word, and take segments' times from them. The engine must be loaded with words. */
  readonly wordTimestamps?: boolean;
  /** Punctuation that becomes part of the word after it, and before it. Defaults: openai's. */
  readonly prependPunctuations?: string;
  readonly appendPunctuations?: string;
  /** Seconds of silence around what may be made up that mark it as such; it is skipped. Default `null`: nothing is. Needs wordTimestamps. */
  readonly hallucinationSilenceThreshold?: number | null;
  /** Give every segment the probability of each of its tokens, as `token_probabilities`. */
  readonly tokenProbabilities?: boolean;
  /** Name so many candidates for each token in the result's windows, at temperature 0. The engine must have as many sequences, less one. */
  readonly alternatives?: number;
  /** Of the random numbers of temperatures above 0. Default 0. */
  readonly seed?: number;
  /** Ends the call; the promise rejects with the signal's reason, and the engine may be used again. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onSegment?: (segment: Segment) => void;
}

type Optional =
  | 'beamSize'
  | 'patience'
  | 'bestOf'
  | 'lengthPenalty'
  | 'language'
  | 'initialPrompt'
  | 'prefix'
  | 'signal'
  | 'onProgress'
  | 'onSegment';
type Defaulted = Required<Omit<TranscribeOptions, Optional>>;

export type ResolvedOptions = Omit<Defaulted, 'temperature'> &
  Pick<TranscribeOptions, Optional> & { readonly temperature: readonly number[] };

const DEFAULTS: Defaulted = {
  task: 'transcribe',
  temperature: [0, 0.2, 0.4, 0.6, 0.8, 1],
  compressionRatioThreshold: 2.4,
  logprobThreshold: -1,
  noSpeechThreshold: 0.6,
  conditionOnPreviousText: true,
  carryInitialPrompt: false,
  suppressTokens: [-1],
  suppressBlank: true,
  withoutTimestamps: false,
  maxInitialTimestamp: 1,
  sampleLength: 224,
  clipTimestamps: [0],
  wordTimestamps: false,
  prependPunctuations: PREPEND_PUNCTUATIONS,
  appendPunctuations: APPEND_PUNCTUATIONS,
  hallucinationSilenceThreshold: null,
  tokenProbabilities: false,
  alternatives: 0,
  seed: 0,
};

const OPTIONAL: readonly Optional[] = [
  'beamSize',
  'patience',
  'bestOf',
  'lengthPenalty',
  'language',
  'initialPrompt',
  'prefix',
  'signal',
  'onProgress',
  'onSegment',
];

/**
 * Options with openai's defaults filled in.
 * @throws OptionError for an unknown name, a value of the wrong kind, or a combination that makes no sense.
 */
export function resolveOptions(
  given: TranscribeOptions,
  tokenizer: Tokenizer,
  engine: Pick<GraphOptions, 'textContext' | 'batch' | 'alignment'>,
): ResolvedOptions {
  const known = [...Object.keys(DEFAULTS), ...OPTIONAL];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown) throw new OptionError(`transcribe: expected options among ${known.join(', ')}, got '${unknown}'`);
  const { textContext, batch } = engine;
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const merged = { ...DEFAULTS, sampleLength: Math.floor(textContext / 2), ...present } as typeof DEFAULTS &
    TranscribeOptions;
  const options = { ...merged, temperature: [merged.temperature].flat() } as ResolvedOptions;
  checkNumbers(options, textContext);
  checkSearch(options, batch);
  checkTask(options, tokenizer);
  checkWords(options, engine);
  return options;
}

function checkNumbers(options: ResolvedOptions, textContext: number): void {
  const { temperature, sampleLength, clipTimestamps, suppressTokens, maxInitialTimestamp } = options;
  const require = (ok: boolean, name: string, what: string, got: unknown) => {
    if (!ok) throw new OptionError(`transcribe: expected ${name} ${what}, got ${JSON.stringify(got)}`);
  };
  const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
  require(temperature.length > 0 &&
    temperature.every((t) => finite(t) && t >= 0), 'temperature', 'from 0 on', temperature);
  require(Number.isInteger(sampleLength) &&
    sampleLength > 0 &&
    sampleLength <= textContext, 'sampleLength', `in 1..${textContext}`, sampleLength);
  const rising = (times: readonly number[]) => times.every((t, i) => finite(t) && t >= (times[i - 1] ?? 0));
  const clips = clipTimestamps === 'quiet' || (Array.isArray(clipTimestamps) && rising(clipTimestamps));
  require(clips, 'clipTimestamps', 'in seconds, rising from 0, or quiet', clipTimestamps);
  require(suppressTokens.every(
    (t) => Number.isInteger(t) && t >= -1,
  ), 'suppressTokens', 'to be token ids or -1', suppressTokens);
  require(maxInitialTimestamp === null ||
    (finite(maxInitialTimestamp) && maxInitialTimestamp >= 0), 'maxInitialTimestamp', 'from 0 on', maxInitialTimestamp);
  for (const name of ['compressionRatioThreshold', 'logprobThreshold', 'noSpeechThreshold'] as const) {
    require(options[name] === null || finite(options[name]), name, 'to be a number or null', options[name]);
  }
  require(Number.isInteger(options.seed), 'seed', 'to be a whole number', options.seed);
}

/** openai/whisper decoding.py DecodingTask._verify_options, and what the engine has room for. */
function checkSearch(
  { beamSize, patience, bestOf, lengthPenalty, alternatives }: ResolvedOptions,
  sequences: number,
): void {
  for (const [name, value] of Object.entries({ beamSize, bestOf })) {
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1) {
      throw new OptionError(`transcribe: expected ${name} to be a positive integer, got ${JSON.stringify(value)}`);
    }
    if (value > sequences) {
      throw new OptionError(
        `transcribe: expected ${name} up to ${sequences} because the engine was loaded with sequences: ${sequences}, got ${value}`,
      );
    }
  }
  if (patience !== undefined && (beamSize === undefined || !(patience > 0))) {
    throw new OptionError(
      `transcribe: expected a positive patience beside a beamSize, got ${JSON.stringify(patience)}`,
    );
  }
  if (!(Number.isInteger(alternatives) && alternatives >= 0) || (alternatives > 0 && alternatives > sequences + 1)) {
    throw new OptionError(
      `transcribe: expected alternatives up to ${sequences + 1} because the engine was loaded with sequences: ${sequences}, got ${alternatives}`,
    );
  }
  if (sequences === 1 && needsCandidates({ alternatives, beamSize, patience })) {
    const cause = alternatives > 0 ? 'alternatives' : 'patience';
    throw new OptionError(`transcribe: expected an engine loaded with sequences: 2 or more because of ${cause}, got 1`);
  }
  if (lengthPenalty !== undefined && !(lengthPenalty >= 0 && lengthPenalty <= 1)) {
    throw new OptionError(`transcribe: expected lengthPenalty from 0 to 1, got ${JSON.stringify(lengthPenalty)}`);
  }
}

function checkWords(
  { wordTimestamps, hallucinationSilenceThreshold: threshold }: ResolvedOptions,
  { alignment }: Pick<GraphOptions, 'alignment'>,
): void {
  if (wordTimestamps && alignment.length === 0) {
    throw new OptionError(
      'transcribe: expected an engine loaded with words: true because of wordTimestamps, got one without',
    );
  }
  if (threshold === null) return;
  if (!wordTimestamps || !(threshold >= 0)) {
    throw new OptionError(
      `transcribe: expected hallucinationSilenceThreshold from 0 on, beside wordTimestamps, got ${JSON.stringify(threshold)}`,
    );
  }
}

function checkTask({ task, language, carryInitialPrompt, initialPrompt }: ResolvedOptions, tokenizer: Tokenizer): void {
  if (task !== 'transcribe' && task !== 'translate') {
    throw new OptionError(`transcribe: expected task transcribe or translate, got ${JSON.stringify(task)}`);
  }
  if (language !== undefined) tokenizer.sotSequence({ language, task });
  if (!tokenizer.isMultilingual && task === 'translate') {
    throw new OptionError('transcribe: expected task transcribe because the model is English-only, got translate');
  }
  if (carryInitialPrompt && initialPrompt === undefined) {
    throw new OptionError('transcribe: expected an initialPrompt because carryInitialPrompt is set, got none');
  }
}
