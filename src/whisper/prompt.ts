// What the decoder is given before it picks a token (openai/whisper decoding.py _get_initial_tokens, transcribe.py).

import { strip } from '../python.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { ResolvedOptions } from './options.ts';

/** Tokens of a transcription so far. */
export interface Said {
  /** Tokens of the initial prompt, then of every segment. */
  readonly tokens: readonly number[];
  /** Tokens of the initial prompt. */
  readonly initial: readonly number[];
  /** Tokens before this index are not given as a prompt any more. */
  readonly promptSince: number;
}

/** From <|startoftranscript|> on, with the prefix at its end. */
export function sotTokens(
  tokenizer: Tokenizer,
  options: ResolvedOptions,
  language: string,
  n_text_ctx: number,
): number[] {
  const sot = tokenizer.sotSequence({ language, task: options.task });
  // Quirk of openai's: the room is the first half of the context less what may be sampled, and where that is 0, there is no limit.
  const room = Math.floor(n_text_ctx / 2) - options.sampleLength;
  const prefix = options.prefix === undefined ? [] : tokenizer.encode(` ${strip(options.prefix)}`).slice(-room);
  return [...sot, ...(options.withoutTimestamps ? [tokenizer.no_timestamps] : []), ...prefix];
}

/** [sot_prev, the last tokens that fit], or nothing. Half the context, less one, is for previous text. */
export function previousTokens(
  tokenizer: Tokenizer,
  { carryInitialPrompt }: Pick<ResolvedOptions, 'carryInitialPrompt'>,
  { tokens: said, initial, promptSince }: Said,
  n_text_ctx: number,
): number[] {
  const room = Math.floor(n_text_ctx / 2) - 1;
  let tokens = said.slice(promptSince);
  if (carryInitialPrompt) {
    const left = room - initial.length;
    const rest = said.slice(Math.max(initial.length, promptSince));
    tokens = [...initial, ...(left > 0 ? rest.slice(-left) : rest)];
  }
  return tokens.length === 0 ? [] : [tokenizer.sot_prev, ...tokens.slice(-room)];
}
