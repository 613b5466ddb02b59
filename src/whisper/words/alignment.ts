// Words of a window with their times and probabilities (openai/whisper timing.py find_alignment, its end).

import { OptionError } from '../../errors.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { dtw, type WarpingPath } from './dtw.ts';

/** A word before it is placed in a segment; seconds from the window's start. */
export interface WordTiming {
  /** With the space before it, if any; empty when punctuation was merged into a neighbour. */
  readonly word: string;
  readonly tokens: readonly number[];
  readonly start: number;
  readonly end: number;
  /** Mean over the tokens. */
  readonly probability: number;
}

export interface AlignedText {
  /** Text tokens, below eot, of all segments of the window. */
  readonly tokens: readonly number[];
  /** Of each of them, by the softmax over the logits of ids below eot alone. */
  readonly probabilities: ArrayLike<number>;
  /** f32[tokens + 1, frames of 20 ms], from alignmentCost. */
  readonly cost: Float32Array;
}

/** Frames of audio features in a second. */
const TOKENS_PER_SECOND = 50;

/**
 * Words in order; none when there is no text. `language` decides where words are split.
 * @throws OptionError when sizes do not fit each other.
 */
export function findAlignment(
  { tokens, probabilities, cost }: AlignedText,
  tokenizer: Pick<Tokenizer, 'eot' | 'splitToWordTokens'>,
  language: string,
): WordTiming[] {
  if (tokens.length === 0) return [];
  const rows = tokens.length + 1;
  if (probabilities.length !== tokens.length || cost.length % rows !== 0) {
    throw new OptionError(
      `findAlignment: expected probabilities of ${tokens.length} tokens and cost of ${rows} rows, got ${probabilities.length} and ${cost.length} values`,
    );
  }
  const times = jumpTimes(dtw(cost, rows, cost.length / rows));
  const { words, wordTokens } = tokenizer.splitToWordTokens([...tokens, tokenizer.eot], language);
  let begin = 0; // token
  // The last word is eot, or holds it: its time is where the audio of the text ends.
  return words.slice(0, -1).map((word, i) => {
    const end = begin + wordTokens[i]!.length;
    const timing: WordTiming = {
      word,
      tokens: wordTokens[i]!,
      start: times[begin]!,
      end: times[end]!,
      probability: mean(probabilities, begin, end),
    };
    begin = end;
    return timing;
  });
}

/** Seconds at which the path enters each row: a token's start, and in the row after it its end. */
function jumpTimes({ textIndices, timeIndices }: WarpingPath): number[] {
  const times: number[] = [];
  for (let i = 0; i < textIndices.length; i++) {
    if (i === 0 || textIndices[i] !== textIndices[i - 1]) times.push(timeIndices[i]! / TOKENS_PER_SECOND);
  }
  return times;
}

function mean(values: ArrayLike<number>, begin: number, end: number): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += values[i]!;
  return sum / (end - begin);
}
