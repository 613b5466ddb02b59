// The seek loop: window after window through audio of any length (openai/whisper transcribe.py).

import type { AudioSource } from '../audio/index.ts';
import { DeviceError } from '../errors.ts';
import type { Segment } from '../output/result.ts';
import { strip } from '../python.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type Clip, clipsAt, quietClips } from './clips.ts';
import type { Prompt } from './decoding.ts';
import type { WhisperEngine } from './engine.ts';
import { type DecodingResult, decodeWithFallback } from './fallback.ts';
import type { DetectedLanguage } from './language.ts';
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

/** What is known of a file before its first window, and does not change over it. */
export interface Heard {
  readonly engine: WhisperEngine;
  readonly tokenizer: Tokenizer;
  readonly options: ResolvedOptions;
  readonly language: string;
  readonly found: DetectedLanguage | undefined;
  /** Frames of mel that hold audio, and which of them to transcribe. */
  readonly content: number;
  readonly clips: readonly Clip[];
  /** Tokens of the initial prompt, and those every window begins with. */
  readonly initial: readonly number[];
  readonly sot: readonly number[];
}

/** What came of some of a file's clips, one after the other, and what the loop remembers between windows. */
export interface Part {
  readonly segments: Segment[];
  readonly windows: WindowTrace[];
  /** Tokens of the initial prompt, then of every segment. */
  readonly tokens: number[];
  /** Tokens before this index are not given as a prompt any more. */
  promptSince: number;
  /** Seconds of the file at which the speech of earlier windows ended, as its words say. */
  lastSpeech: number;
}

/** Who is told how it goes. */
export interface Listener {
  onSegment(segment: Segment): void;
  /** A window ends at frame `seek`. */
  onWindow(seek: number): void;
}

/** @throws the signal's reason when aborted, DeviceError when the device fails. The engine is usable afterwards. */
export async function transcribeAudio(
  session: Session,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
): Promise<Transcription> {
  const heard = await hearFile(session, tokenizer, audio, options);
  const part = beginPart(heard);
  const listener: Listener = {
    onSegment: (segment) => options.onSegment?.(segment),
    onWindow: (seek) =>
      options.onProgress?.({ seconds: Math.min(seek, heard.content) / FRAMES_PER_SECOND, duration: audio.duration }),
  };
  for (const clip of heard.clips) await transcribeClip(session, heard, clip, part, listener);
  return joinParts(heard, [part]);
}

/** Listens to the whole file: its loudest value, its language, its clips. */
export async function hearFile(
  session: Session,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
): Promise<Heard> {
  const { engine } = session;
  const { clipTimestamps, initialPrompt, signal } = options;
  const content = contentFrames(audio.length);
  await session.listen();
  const detected = options.language === undefined && tokenizer.isMultilingual && content > 0;
  const found = detected ? await session.language(tokenizer) : undefined;
  const language = options.language ?? found?.language ?? 'en';
  return {
    ...{ engine, tokenizer, options, language, found, content },
    clips:
      clipTimestamps === 'quiet'
        ? await quietClips(audio, content, engine.dims, signal)
        : clipsAt(clipTimestamps, content),
    initial: initialPrompt === undefined ? [] : tokenizer.encode(` ${strip(initialPrompt)}`),
    sot: sotTokens(tokenizer, options, language, engine.dims.n_text_ctx),
  };
}

/** Only a file's first window has the initial prompt, unless it is carried on. */
export function beginPart({ initial }: Heard, isFirst = true): Part {
  return { segments: [], windows: [], tokens: [...initial], promptSince: isFirst ? 0 : initial.length, lastSpeech: 0 };
}

/** Window after window from the clip's start to its end, after what the part holds already. */
export async function transcribeClip(
  session: Session,
  heard: Heard,
  { start, end }: Clip,
  part: Part,
  listener: Listener,
): Promise<void> {
  const { engine, tokenizer, options, content, initial, sot } = heard;
  for (let seek = start; seek < Math.min(end, content); ) {
    options.signal?.throwIfAborted();
    const frames = Math.min(windowFrames(engine.dims), content - seek, end - seek);
    await session.encode(seek, frames);
    const said = { ...part, initial };
    const prompt: Prompt = { previous: previousTokens(tokenizer, options, said, engine.dims.n_text_ctx), sot };
    const attempts = await decodeWithFallback(session.decode, tokenizer, options, prompt);
    const result = attempts.at(-1)!;
    const silent = isSilent(result, options);
    const window = { seek, frames };
    const after = silent
      ? { seek: seek + frames, drop: true }
      : await addSegments(heard, result, window, part, listener);
    const fate = silent ? 'silent' : after.drop ? 'dropped' : 'kept';
    part.windows.push({ ...window, prompt: prompt.previous.slice(1), attempts, fate });
    const next = after.seek;
    if (next <= seek) throw new DeviceError(`transcribe: expected the window at ${seek} to move on, got ${next}`);
    seek = next;
    listener.onWindow(seek);
  }
}

/** Segments are numbered through the file. */
export function joinParts({ tokenizer, language, found, initial }: Heard, parts: readonly Part[]): Transcription {
  return {
    text: tokenizer.decode(parts.flatMap(({ tokens }) => tokens.slice(initial.length))),
    segments: parts.flatMap(({ segments }) => segments).map((segment, id) => ({ ...segment, id })),
    windows: parts.flatMap(({ windows }) => windows),
    language,
    ...(found && { languageProbabilities: found.probabilities }),
  };
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
  heard: Heard,
  result: DecodingResult,
  window: Window,
  part: Part,
  listener: Listener,
): Promise<Pick<AfterWords, 'seek' | 'drop'>> {
  const { tokenizer, options } = heard;
  const sliced = sliceSegments(result, window, tokenizer, options.tokenProbabilities);
  const found: AfterWords = options.wordTimestamps
    ? await timeWords(heard, result, { ...window, advance: sliced.advance }, sliced.segments, part.lastSpeech)
    : { segments: sliced.segments, seek: window.seek + sliced.advance, drop: false, lastSpeechTimestamp: 0 };
  part.lastSpeech = found.lastSpeechTimestamp;
  if (found.drop) return found;
  for (const cut of found.segments) {
    const segment: Segment = { id: part.segments.length, ...clearEmpty(cut) };
    part.segments.push(segment);
    part.tokens.push(...segment.tokens);
    listener.onSegment(segment);
  }
  if (!options.conditionOnPreviousText || result.temperature > 0.5) part.promptSince = part.tokens.length;
  return found;
}

/** Words into the segments, and what they tell of where to go on. */
async function timeWords(
  { engine, tokenizer, options, language, content }: Heard,
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
