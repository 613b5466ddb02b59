// One window under rising temperatures, until its text passes the thresholds (openai/whisper transcribe.py decode_with_fallback).

import { roundHalfEven, strip } from '../python.ts';
import { compressionRatio } from '../text/compression.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { DecodedTokens, DecodingTask, Prompt } from './decoding.ts';
import type { ResolvedOptions } from './options.ts';

/** openai/whisper decoding.py DecodingResult, and what was tried before it. */
export interface DecodingResult extends DecodedTokens {
  readonly temperature: number;
  /** Text without timestamps, stripped. */
  readonly text: string;
  readonly compressionRatio: number;
}

/** Decodes the encoded window: every temperature tried, in order. The last one's result stands, even if none passes. */
export async function decodeWithFallback(
  decode: (task: DecodingTask) => Promise<DecodedTokens>,
  tokenizer: Tokenizer,
  options: ResolvedOptions,
  prompt: Prompt,
): Promise<readonly DecodingResult[]> {
  const tried: DecodingResult[] = [];
  for (const temperature of options.temperature) {
    const tokens = await decode({
      prompt,
      rules: rulesOf(tokenizer, options, temperature),
      suppressed: suppressedTokens(tokenizer, options.suppressTokens),
      sampleLength: options.sampleLength,
      // Beams are for temperature 0, samples for those above.
      ...(temperature > 0 ? { bestOf: options.bestOf } : { beamSize: options.beamSize, patience: options.patience }),
      lengthPenalty: options.lengthPenalty,
      ...(temperature === 0 && { alternatives: options.alternatives }),
      signal: options.signal,
    });
    const text = strip(tokenizer.decode(tokens.tokens));
    const result = { ...tokens, temperature, text, compressionRatio: compressionRatio(text) };
    tried.push(result);
    if (!needsFallback(result, options)) break;
  }
  return tried;
}

function rulesOf(tokenizer: Tokenizer, options: ResolvedOptions, temperature: number) {
  const { maxInitialTimestamp } = options;
  return {
    eot: tokenizer.eot,
    timestampBegin: tokenizer.timestamp_begin,
    noTimestamps: tokenizer.no_timestamps,
    blank: SPACE,
    withTimestamps: !options.withoutTimestamps,
    suppressBlank: options.suppressBlank,
    // openai takes 0 for no cap as well: it tests for truth.
    ...(maxInitialTimestamp && {
      maxInitialTimestamp: tokenizer.timestamp_begin + roundHalfEven(maxInitialTimestamp / 0.02),
    }),
    temperature,
    seed: options.seed,
  };
}

/** " " in every vocabulary of Whisper. */
const SPACE = 220;

/** openai/whisper decoding.py _get_suppress_tokens. */
export function suppressedTokens(tokenizer: Tokenizer, given: readonly number[]): Set<number> {
  const { transcribe, translate, sot, sot_prev, sot_lm, no_speech } = tokenizer;
  const listed = given.flatMap((token) => (token === -1 ? tokenizer.nonSpeechTokens : [token]));
  return new Set([...listed, transcribe, translate, sot, sot_prev, sot_lm, no_speech]);
}

/** Whether another temperature should be tried; silence is accepted as it is. */
export function needsFallback(
  {
    compressionRatio: ratio,
    avgLogprob,
    noSpeechProb,
  }: Pick<DecodingResult, 'compressionRatio' | 'avgLogprob' | 'noSpeechProb'>,
  { compressionRatioThreshold, logprobThreshold, noSpeechThreshold }: ResolvedOptions,
): boolean {
  const repetitive = compressionRatioThreshold !== null && ratio > compressionRatioThreshold;
  const improbable = logprobThreshold !== null && avgLogprob < logprobThreshold;
  const silent = noSpeechThreshold !== null && noSpeechProb > noSpeechThreshold && improbable;
  return (repetitive || improbable) && !silent;
}
