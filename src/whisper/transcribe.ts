// The seek loop: window after window through audio of any length (openai/whisper transcribe.py).

import type { AudioSource } from '../audio/index.ts';
import { DeviceError } from '../errors.ts';
import type { Segment } from '../output/result.ts';
import { roundHalfEven, strip } from '../python.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Prompt } from './decoding.ts';
import type { WhisperEngine } from './engine.ts';
import { type DecodingResult, decodeWithFallback } from './fallback.ts';
import { contentFrames } from './mel.ts';
import { windowFrames } from './model.ts';
import type { ResolvedOptions } from './options.ts';
import { previousTokens, sotTokens } from './prompt.ts';
import { clearEmpty, FRAMES_PER_SECOND, sliceSegments, type Window, type WindowSegment } from './segments.ts';
import type { Session } from './session.ts';
import { type AfterWords, endsInSingleTimestamp, seekAfterWords } from './words/seek.ts';
import { alignWindow } from './words/window_words.ts';
import { addWordTimestamps } from './words/word_timestamps.ts';

export interface Transcription {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly language: string;
  /** By code; where the language was detected. */
  readonly languageProbabilities?: Readonly<Record<string, number>>;
  /** How the text came about, window by window. */
  readonly windows: readonly WindowTrace[];
}

/** What was decoded in a window. */
export interface WindowTrace extends Window {
  /** Tokens of the text before it that were given as a prompt, after <|startofprev|>. */
  readonly prompt: readonly number[];
  /** Every temperature tried, the one that stands last. */
  readonly attempts: readonly DecodingResult[];
  /** `silent`: skipped by noSpeechThreshold; `dropped`: skipped as made up in silence. */
  readonly fate: 'kept' | 'silent' | 'dropped';
}

interface Clip {
  readonly start: number;
  readonly end: number;
}

/** What the loop remembers between windows. */
interface State {
  readonly segments: Segment[];
  readonly windows: WindowTrace[];
  /** Tokens of the initial prompt, then of every segment. */
  readonly tokens: number[];
  /** Tokens before this index are not given as a prompt any more. */
  promptSince: number;
  /** Seconds of the file at which the speech of earlier windows ended, as its words say. */
  lastSpeech: number;
}

/** What does not change over the file. */
interface File {
  readonly engine: WhisperEngine;
  readonly tokenizer: Tokenizer;
  readonly options: ResolvedOptions;
  readonly language: string;
  /** Frames of mel that hold audio. */
  readonly content: number;
}

/** @throws the signal's reason when aborted, DeviceError when the device fails. The engine is usable afterwards. */
export async function transcribeAudio(
  session: Session,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
): Promise<Transcription> {
  const { engine } = session;
  const content = contentFrames(audio.length);
  await session.listen();
  const detected = options.language === undefined && tokenizer.isMultilingual && content > 0;
  const found = detected ? await session.language(tokenizer) : undefined;
  const language = options.language ?? found?.language ?? 'en';
  const initial = options.initialPrompt === undefined ? [] : tokenizer.encode(` ${strip(options.initialPrompt)}`);
  const state: State = { segments: [], windows: [], tokens: [...initial], promptSince: 0, lastSpeech: 0 };
  const file: File = { engine, tokenizer, options, language, content };
  const sot = sotTokens(tokenizer, options, language, engine.dims.n_text_ctx);

  for (const { start, end } of clips(options.clipTimestamps, content)) {
    for (let seek = start; seek < Math.min(end, content); ) {
      options.signal?.throwIfAborted();
      const frames = Math.min(windowFrames(engine.dims), content - seek, end - seek);
      await session.encode(seek, frames);
      const prompt: Prompt = {
        previous: previousTokens(tokenizer, options, { ...state, initial }, engine.dims.n_text_ctx),
        sot,
      };
      const attempts = await decodeWithFallback(session.decode, tokenizer, options, prompt);
      const result = attempts.at(-1)!;
      const silent = isSilent(result, options);
      const window = { seek, frames };
      const after = silent ? { seek: seek + frames, drop: true } : await addSegments(file, result, window, state);
      const fate = silent ? 'silent' : after.drop ? 'dropped' : 'kept';
      state.windows.push({ ...window, prompt: prompt.previous.slice(1), attempts, fate });
      const next = after.seek;
      if (next <= seek) throw new DeviceError(`transcribe: expected the window at ${seek} to move on, got ${next}`);
      seek = next;
      options.onProgress?.({ seconds: Math.min(seek, content) / FRAMES_PER_SECOND, duration: audio.duration });
    }
  }
  return {
    text: tokenizer.decode(state.tokens.slice(initial.length)),
    segments: state.segments,
    windows: state.windows,
    language,
    ...(found && { languageProbabilities: found.probabilities }),
  };
}

/** Parts of the file in frames; a last start without end goes to the end of the file. */
function clips(timestamps: readonly number[], content: number): Clip[] {
  const points = timestamps.map((t) => roundHalfEven(t * FRAMES_PER_SECOND));
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(content);
  const all: Clip[] = [];
  for (let i = 0; i < points.length; i += 2) all.push({ start: points[i]!, end: points[i + 1]! });
  return all;
}

function isSilent(
  { noSpeechProb, avgLogprob }: DecodingResult,
  { noSpeechThreshold, logprobThreshold }: ResolvedOptions,
): boolean {
  if (noSpeechThreshold === null || noSpeechProb <= noSpeechThreshold) return false;
  return logprobThreshold === null || avgLogprob <= logprobThreshold;
}

/** Adds a window's segments. @returns the frame at which the next window begins, and whether the window counts as void. */
async function addSegments(
  file: File,
  result: DecodingResult,
  window: Window,
  state: State,
): Promise<Pick<AfterWords, 'seek' | 'drop'>> {
  const { tokenizer, options } = file;
  const sliced = sliceSegments(result, window, tokenizer, options.tokenProbabilities);
  const found: AfterWords = options.wordTimestamps
    ? await timeWords(file, result, { ...window, advance: sliced.advance }, sliced.segments, state.lastSpeech)
    : { segments: sliced.segments, seek: window.seek + sliced.advance, drop: false, lastSpeechTimestamp: 0 };
  state.lastSpeech = found.lastSpeechTimestamp;
  if (found.drop) return found;
  for (const cut of found.segments) {
    const segment: Segment = { id: state.segments.length, ...clearEmpty(cut) };
    state.segments.push(segment);
    state.tokens.push(...segment.tokens);
    options.onSegment?.(segment);
  }
  if (!options.conditionOnPreviousText || result.temperature > 0.5) state.promptSince = state.tokens.length;
  return found;
}

/** Words into the segments, and what they tell of where to go on. */
async function timeWords(
  { engine, tokenizer, options, language, content }: File,
  { tokens }: DecodingResult,
  window: Window & { readonly advance: number },
  segments: readonly WindowSegment[],
  lastSpeechTimestamp: number,
): Promise<AfterWords> {
  const spoken = { language, task: options.task, frames: window.frames, signal: options.signal };
  const words = await alignWindow(engine, tokenizer, segments, spoken);
  const timed = addWordTimestamps(segments, words, tokenizer.eot, { ...options, lastSpeechTimestamp });
  const decoded = {
    ...window,
    fullFrames: windowFrames(engine.dims),
    contentFrames: content,
    singleTimestampEnding: endsInSingleTimestamp(tokens, tokenizer.timestamp_begin),
  };
  const { hallucinationSilenceThreshold } = options;
  return seekAfterWords(timed, decoded, { hallucinationSilenceThreshold, lastSpeechTimestamp });
}
