// Tokens of a window to segments, and how far the window was understood (openai/whisper transcribe.py, the middle of its loop).

import type { Segment } from '../output/result.ts';
import { strip } from '../python.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { DecodingResult } from './fallback.ts';

/** Frames of mel for one timestamp, 0.02 s. */
const FRAMES_PER_TIMESTAMP = 2;
const SECONDS_PER_TIMESTAMP = 0.02;
export const FRAMES_PER_SECOND = 100;

export type WindowSegment = Omit<Segment, 'id'>;

export interface Window {
  /** First frame in the file, and frames that hold audio. */
  readonly seek: number;
  readonly frames: number;
}

/**
 * Segments between pairs of timestamps, and the frames to move on by: to the last complete pair, or past the window where it ends in a
 * single timestamp or has no pair at all.
 */
export function sliceSegments(
  result: DecodingResult,
  { seek, frames }: Window,
  tokenizer: Tokenizer,
  withProbabilities = false,
): { readonly segments: WindowSegment[]; readonly advance: number } {
  const { tokens } = result;
  const begin = tokenizer.timestamp_begin;
  const offset = seek / FRAMES_PER_SECOND;
  const isTime = (i: number) => (tokens[i] ?? -1) >= begin;
  const time = (i: number) => tokens[i]! - begin;
  const segment = (start: number, end: number, begin: number, stop: number) => ({
    ...makeSegment(result, seek, start, end, tokens.slice(begin, stop), tokenizer),
    ...(withProbabilities && { token_probabilities: result.logprobs.slice(begin, stop).map(Math.exp) }),
  });

  const cuts = tokens.flatMap((_, i) => (i > 0 && isTime(i) && isTime(i - 1) ? [i] : []));
  if (cuts.length === 0) {
    const times = tokens.filter((token) => token >= begin);
    const last = (times.at(-1) ?? begin) - begin;
    const duration = last > 0 ? last * SECONDS_PER_TIMESTAMP : frames / FRAMES_PER_SECOND;
    return { segments: [segment(offset, offset + duration, 0, tokens.length)], advance: frames };
  }
  const singleEnding = isTime(tokens.length - 1) && !isTime(tokens.length - 2);
  if (singleEnding) cuts.push(tokens.length);
  const segments = cuts.map((end, i) => {
    const first = cuts[i - 1] ?? 0;
    const at = (j: number) => offset + time(j) * SECONDS_PER_TIMESTAMP;
    return segment(at(first), at(end - 1), first, end);
  });
  return { segments, advance: singleEnding ? frames : time(cuts.at(-1)! - 1) * FRAMES_PER_TIMESTAMP };
}

function makeSegment(
  { temperature, avgLogprob, compressionRatio, noSpeechProb }: DecodingResult,
  seek: number,
  start: number,
  end: number,
  tokens: readonly number[],
  tokenizer: Tokenizer,
): WindowSegment {
  return {
    seek,
    start,
    end,
    text: tokenizer.decode(tokens.filter((token) => token < tokenizer.eot)),
    tokens: [...tokens],
    temperature,
    avg_logprob: avgLogprob,
    compression_ratio: compressionRatio,
    no_speech_prob: noSpeechProb,
  };
}

/** A segment without duration or text is kept, but emptied. */
export function clearEmpty(segment: WindowSegment): WindowSegment {
  const empty = segment.start === segment.end || strip(segment.text) === '';
  if (!empty) return segment;
  const { token_probabilities: probabilities, ...rest } = segment;
  return { ...rest, text: '', tokens: [], words: [], ...(probabilities && { token_probabilities: [] }) };
}
