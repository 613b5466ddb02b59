// The first 30 s of an audio by themselves (openai/whisper decoding.py decode and detect_language): padded with silence to a whole window,
// whose own loudest value the mel is clamped against. No seek loop, no fallback.

import type { AudioSource } from '../audio/index.ts';
import { strip } from '../python.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { decodeWindow } from './decoding.ts';
import type { WhisperEngine } from './engine.ts';
import { type DecodingResult, decodeWithFallback } from './fallback.ts';
import { type DetectedLanguage, detectLanguage } from './language.ts';
import { readWindow } from './mel.ts';
import { HOP_LENGTH, windowFrames } from './model.ts';
import type { ResolvedOptions } from './options.ts';
import { sotTokens } from './prompt.ts';

/** openai/whisper decoding.py DecodingResult. */
export interface SingleDecoding extends DecodingResult {
  readonly language: string;
}

/** Encodes the window: the engine then stands where a decoding may begin. */
export async function encodeSingleWindow(engine: WhisperEngine, audio: AudioSource, signal?: AbortSignal) {
  const frames = windowFrames(engine.dims);
  const samples = await readWindow(audio, 0, engine.dims);
  // What lies beyond the window is cut off, and its edge reflected as the begin is.
  const end = samples.length - (samples.length - frames * HOP_LENGTH) / 2;
  for (let i = end; i < samples.length; i++) samples[i] = samples[2 * end - 2 - i]!;
  await engine.resetMel();
  await engine.mel(samples, signal);
  await engine.encode(frames, signal);
}

/** One decoding at the first temperature of the options; `initialPrompt` is the text before it. */
export async function decodeSingleWindow(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
): Promise<SingleDecoding> {
  await encodeSingleWindow(engine, audio, options.signal);
  const detected =
    options.language === undefined && tokenizer.isMultilingual ? await detectLanguage(engine, tokenizer) : undefined;
  const language = options.language ?? detected?.language ?? 'en';
  const prompt = options.initialPrompt === undefined ? [] : tokenizer.encode(` ${strip(options.initialPrompt)}`);
  const room = Math.floor(engine.dims.n_text_ctx / 2) - 1;
  const [result] = await decodeWithFallback(
    (task) => decodeWindow(engine, task),
    tokenizer,
    { ...options, temperature: options.temperature.slice(0, 1) },
    {
      previous: prompt.length === 0 ? [] : [tokenizer.sot_prev, ...prompt.slice(-room)],
      sot: sotTokens(tokenizer, options, language, engine.dims.n_text_ctx),
    },
  );
  return { ...result!, language };
}

/** Language of the window and the probabilities of all. */
export async function detectSingleWindow(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  audio: AudioSource,
  signal?: AbortSignal,
): Promise<DetectedLanguage> {
  await encodeSingleWindow(engine, audio, signal);
  return detectLanguage(engine, tokenizer, signal);
}
