// Where our decoding of a file first differs from openai/whisper's result for it. A result holds the tokens of segments, not of windows:
// what a window said after its last pair of timestamps is cut off in it, and segments without text are emptied.

import type { Segment, TranscriptionResult } from '../../output/result.ts';
import { languageCode } from '../../text/languages.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { sliceSegments } from '../segments.ts';
import type { Transcription, WindowTrace } from '../transcribe.ts';

/** A difference, and the segments before its window: those are of windows that are alike. */
export type Divergence = { readonly segmentsBefore: number } & (
  | { readonly kind: 'language'; readonly ours: string; readonly openai: string }
  | TokenDivergence
  /** The window's text was taken from different temperatures. */
  | { readonly kind: 'temperature'; readonly window: WindowTrace; readonly ours: number; readonly openai: number }
  /** The next segments are of different windows: seeks, none after the last. `window`: ours, where the two part. */
  | {
      readonly kind: 'window';
      readonly window: WindowTrace | undefined;
      readonly ours: number | undefined;
      readonly openai: number | undefined;
    }
);

export interface TokenDivergence {
  readonly kind: 'token';
  readonly window: WindowTrace;
  /** Tokens of the window before it, which are alike. */
  readonly step: number;
  readonly ours: number;
  /** Absent where the result does not hold it. */
  readonly openai: number | undefined;
}

/** Undefined where all segments are of the same windows, temperatures and tokens. */
export function findDivergence(
  want: TranscriptionResult,
  got: Transcription,
  tokenizer: Tokenizer,
): Divergence | undefined {
  if (languageCode(want.language) !== languageCode(got.language)) {
    return { kind: 'language', segmentsBefore: 0, ours: got.language, openai: want.language };
  }
  const both = { want, got, tokenizer };
  for (let k = 0; k < Math.max(want.segments.length, got.segments.length); k++) {
    const [ours, theirs] = [got.segments[k], want.segments[k]];
    const window = got.windows.find(({ seek }) => seek === ours?.seek);
    if (!ours || !theirs || !window || ours.seek !== theirs.seek) return otherWindow(both, k);
    const segmentsBefore = firstOf(got.segments, ours.seek);
    if (Math.abs(ours.temperature - theirs.temperature) > 1e-6) {
      return { kind: 'temperature', segmentsBefore, window, ours: ours.temperature, openai: theirs.temperature };
    }
    if (`${ours.tokens}` === `${theirs.tokens}`) continue;
    const found = tokenDivergence(both, window, k - segmentsBefore, theirs);
    if (found) return { ...found, segmentsBefore };
  }
  return undefined;
}

interface Both {
  readonly want: TranscriptionResult;
  readonly got: Transcription;
  readonly tokenizer: Tokenizer;
}

/** The k-th segments, of which one may be missing, are of different windows. */
function otherWindow(both: Both, k: number): Divergence {
  const { want, got } = both;
  const [ours, theirs] = [got.segments[k], want.segments[k]];
  const windowAt = (at: number | undefined) => got.windows.find(({ seek }) => seek === at);
  const previous = got.segments[k - 1]?.seek;
  // Theirs goes on in a window of which ours has no more segments, or none: the tokens it picked may still be known.
  const heard = windowAt(theirs?.seek);
  const segmentsBefore = firstOf(want.segments, theirs?.seek ?? Number.POSITIVE_INFINITY);
  const found = heard && tokenDivergence(both, heard, k - segmentsBefore, theirs);
  if (found) return { ...found, segmentsBefore };
  // Ours goes on in a window of which theirs has no more.
  if (ours && ours.seek === previous) {
    const first = firstOf(got.segments, ours.seek);
    const more = tokenDivergence(both, windowAt(previous)!, k - first, undefined);
    if (more) return { ...more, segmentsBefore: first };
  }
  const parting = windowAt(Math.min(ours?.seek ?? Number.POSITIVE_INFINITY, theirs?.seek ?? Number.POSITIVE_INFINITY));
  return {
    kind: 'window',
    segmentsBefore: k,
    window: parting ?? windowAt(previous),
    ours: ours?.seek,
    openai: theirs?.seek,
  };
}

/** The first token of a window's segment `index` that differs; undefined where they are alike. */
function tokenDivergence(
  { want, tokenizer }: Both,
  window: WindowTrace,
  index: number,
  theirs: Segment | undefined,
): TokenDivergence | undefined {
  const result = window.attempts.at(-1)!;
  const slices = sliceSegments(result, window, tokenizer).segments.map(({ tokens }) => tokens.length);
  const begin = slices.slice(0, index).reduce((a, b) => a + b, 0);
  const wanted = theirs?.tokens ?? [];
  const oursAt = (step: number) => result.tokens[step] ?? tokenizer.eot;
  const at = wanted.findIndex((token, i) => token !== oursAt(begin + i));
  if (at >= 0) return { kind: 'token', window, step: begin + at, ours: oursAt(begin + at), openai: wanted[at] };
  if (theirs && wanted.length === slices[index]) return undefined;
  const step = begin + wanted.length;
  const isLast = want.segments.findLast(({ seek }) => seek === window.seek) === theirs;
  const isWhole = isLast && wanted.length > 0 && wanted.at(-1)! < tokenizer.timestamp_begin;
  return { kind: 'token', window, step, ours: oursAt(step), openai: isWhole ? tokenizer.eot : undefined };
}

/** How many segments come before the first of a window. */
function firstOf(segments: readonly Segment[], seek: number): number {
  const first = segments.findIndex((segment) => segment.seek >= seek);
  return first < 0 ? segments.length : first;
}
