// Which language is spoken: the probabilities of the language tokens after <|startoftranscript|> (openai/whisper decoding.py detect_language).

import type { Tokenizer } from '../text/tokenizer.ts';
import type { WhisperEngine } from './engine.ts';

export interface DetectedLanguage {
  readonly language: string;
  /** By code; they sum to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Of the window that the engine encoded last, for this sequence. */
export async function detectLanguage(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
  sequence = 0,
): Promise<DetectedLanguage> {
  await engine.prefill([tokenizer.sot], 0, signal, sequence);
  const first = tokenizer.languages[0]!.id;
  const logits = await engine.logits(first, tokenizer.languages.length, sequence);
  const highest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((a, b) => a + b, 0);
  const probabilities = Object.fromEntries(tokenizer.languages.map(({ code }, i) => [code, weights[i]! / total]));
  return { language: tokenizer.languages[logits.indexOf(highest)]!.code, probabilities };
}
