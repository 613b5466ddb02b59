// Decoding of one encoded window, greedily or by sampling (openai/whisper decoding.py DecodingTask).

import type { DecodingRules } from '../ops/decoding_tables.ts';
import type { SampledToken, WhisperEngine } from './engine.ts';

/** A prompt in the order openai lays it out. */
export interface Prompt {
  /** [sot_prev, previous text] or nothing. */
  readonly previous: readonly number[];
  /** From <|startoftranscript|> on, with a prefix at its end. */
  readonly sot: readonly number[];
}

export interface DecodingTask {
  readonly prompt: Prompt;
  readonly rules: DecodingRules;
  /** Tokens that may never be picked. */
  readonly suppressed: Iterable<number>;
  /** Tokens to pick at most. */
  readonly sampleLength: number;
  readonly signal?: AbortSignal;
}

/** Tokens up to <|endoftext|>, which is left out. */
export interface DecodedTokens {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  /** Of <|nospeech|> at <|startoftranscript|>, before any rule. */
  readonly noSpeechProb: number;
  /** Sum of log probabilities, <|endoftext|>'s among them, over the number of tokens + 1. */
  readonly avgLogprob: number;
}

/** Tokens picked in one submit: what comes after the end is wasted, a read-back after each token is slow. */
const STEPS = { gpu: 16, cpu: 4 } as const;

/**
 * Decodes the window that the engine encoded last.
 * @throws the signal's reason when aborted; the engine may then begin anew.
 */
export async function decodeWindow(engine: WhisperEngine, task: DecodingTask): Promise<DecodedTokens> {
  const { prompt, rules, suppressed, signal } = task;
  await engine.begin(rules, suppressed);
  const sotEnd = prompt.previous.length + 1;
  await engine.prefill([...prompt.previous, prompt.sot[0]!], 0, signal);
  const noSpeechProb = await engine.noSpeechProb();
  await engine.prefill(prompt.sot.slice(1), sotEnd, signal);
  const length = prompt.previous.length + prompt.sot.length;
  // openai stops once prompt and tokens exceed the context by one: the last token is never fed.
  const most = Math.min(task.sampleLength, engine.options.textContext - length + 1);
  const picked = most > 0 ? await pickTokens(engine, length, most, rules.eot, signal) : [];
  const end = picked.findIndex((p) => p.token === rules.eot);
  const text = end < 0 ? picked : picked.slice(0, end);
  const scored = end < 0 ? picked : picked.slice(0, end + 1);
  return {
    tokens: text.map((p) => p.token),
    logprobs: text.map((p) => p.logprob),
    noSpeechProb,
    avgLogprob: scored.reduce((sum, p) => sum + p.logprob, 0) / (text.length + 1),
  };
}

async function pickTokens(
  engine: WhisperEngine,
  promptLength: number,
  most: number,
  eot: number,
  signal: AbortSignal | undefined,
): Promise<SampledToken[]> {
  const stride = engine.executor.gpu.caps.cpu ? STEPS.cpu : STEPS.gpu;
  const picked = [await engine.sample(promptLength - 1)];
  while (picked.length < most && picked.at(-1)!.token !== eot) {
    signal?.throwIfAborted();
    picked.push(...(await engine.step(picked.length, Math.min(stride, most - picked.length), signal)));
    const end = picked.findIndex((p) => p.token === eot);
    if (end >= 0) picked.length = end + 1;
  }
  return picked;
}
