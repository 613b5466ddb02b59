// Aligned words into the segments of their window, whose times they rewrite (openai/whisper timing.py add_word_timestamps).

import type { Word } from '../../output/result.ts';
import { roundHalfEven } from '../../python.ts';
import { FRAMES_PER_SECOND, type WindowSegment } from '../segments.ts';
import type { WordTiming } from './alignment.ts';
import { cutAtSentenceEnds, fitToSegment, typicalDuration } from './long_words.ts';
import { mergePunctuations } from './merge_punctuations.ts';

export const PREPEND_PUNCTUATIONS = '"\'“¿([{-';
export const APPEND_PUNCTUATIONS = '"\'.。,，!！?？:：”)]}、';

export interface WordOptions {
  /** Characters that are merged with the word after them, and before them. */
  readonly prependPunctuations: string;
  readonly appendPunctuations: string;
  /** Seconds of the file at which the speech of earlier windows ended; 0 before the first. */
  readonly lastSpeechTimestamp: number;
}

/**
 * The segments with their words, and with start and end as the words say.
 * `segments` are all of one window, `alignment` is of the text tokens (ids below `eot`) of all of them in order.
 */
export function addWordTimestamps(
  segments: readonly WindowSegment[],
  alignment: readonly WordTiming[],
  eot: number,
  { prependPunctuations, appendPunctuations, lastSpeechTimestamp }: WordOptions,
): WindowSegment[] {
  const typical = typicalDuration(alignment);
  const timings = mergePunctuations(cutAtSentenceEnds(alignment, typical), prependPunctuations, appendPunctuations);
  let taken = 0; // timings given to segments
  let lastSpeech = lastSpeechTimestamp;
  return segments.map((segment) => {
    const textTokens = segment.tokens.filter((token) => token < eot).length;
    const own = timings.slice(taken, taken + countCovering(timings, taken, textTokens));
    taken += own.length;
    const words = own.filter(({ word }) => word !== '').map((timing) => toWord(timing, segments[0]!.seek));
    const fitted = fitToSegment({ words, start: segment.start, end: segment.end }, typical, lastSpeech);
    if (words.length > 0) lastSpeech = fitted.end;
    return { ...segment, ...fitted };
  });
}

/** How many timings from `first` on it takes to have `tokens` tokens. A word across two segments goes to the earlier one. */
function countCovering(timings: readonly WordTiming[], first: number, tokens: number): number {
  let count = 0;
  for (let saved = 0; first + count < timings.length && saved < tokens; count++) {
    saved += timings[first + count]!.tokens.length;
  }
  return count;
}

/** Seconds of the window into seconds of the file, in hundredths. */
function toWord({ word, start, end, probability }: WordTiming, seek: number): Word {
  const offset = seek / FRAMES_PER_SECOND;
  return { word, start: roundTo2(offset + start), end: roundTo2(offset + end), probability };
}

/** numpy's round(x, 2), which scales and rounds half to even; Python's own would look at the decimal digits. */
function roundTo2(x: number): number {
  return roundHalfEven(x * 100) / 100;
}
