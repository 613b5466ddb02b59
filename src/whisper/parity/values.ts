// Times, text, scores and words of segments whose tokens are alike, against openai/whisper's.

import type { Segment, TranscriptionResult, Word } from '../../output/result.ts';

/** What may differ: log probabilities and the like are sums of floats, times are whole hundredths. */
const SCORE_TOLERANCE = 1e-3;
const TIME_TOLERANCE = 1e-6;

export interface ValueDifference {
  /** `segments[3].words[0].start` */
  readonly path: string;
  readonly ours: string | number | undefined;
  readonly openai: string | number | undefined;
}

/** Of the first `count` segments of either, and of the whole text where these are all. */
export function valueDifferences(
  want: TranscriptionResult,
  got: TranscriptionResult,
  count: number,
): readonly ValueDifference[] {
  const segments = want.segments
    .slice(0, count)
    .flatMap((theirs, i) => segmentDifferences(`segments[${i}]`, theirs, got.segments[i]));
  const isWhole = count >= Math.max(want.segments.length, got.segments.length);
  return isWhole ? [...segments, ...compare('text', want.text, got.text, 0)] : segments;
}

function segmentDifferences(path: string, theirs: Segment, ours: Segment | undefined): ValueDifference[] {
  const members = (names: readonly (keyof Segment & keyof Word)[] | readonly (keyof Segment)[], tolerance: number) =>
    names.flatMap((name) => {
      const [a, b] = [theirs[name], ours?.[name]] as readonly (string | number | undefined)[];
      return compare(`${path}.${name}`, a, b, tolerance);
    });
  return [
    ...members(['id', 'start', 'end', 'text'], TIME_TOLERANCE),
    ...members(['avg_logprob', 'compression_ratio', 'no_speech_prob'], SCORE_TOLERANCE),
    ...compare(`${path}.words.length`, theirs.words?.length, ours?.words?.length, 0),
    ...(theirs.words ?? []).flatMap((word, j) => wordDifferences(`${path}.words[${j}]`, word, ours?.words?.[j])),
  ];
}

function wordDifferences(path: string, theirs: Word, ours: Word | undefined): ValueDifference[] {
  return [
    ...compare(`${path}.word`, theirs.word, ours?.word, 0),
    ...compare(`${path}.start`, theirs.start, ours?.start, TIME_TOLERANCE),
    ...compare(`${path}.end`, theirs.end, ours?.end, TIME_TOLERANCE),
    ...compare(`${path}.probability`, theirs.probability, ours?.probability, SCORE_TOLERANCE),
  ];
}

function compare<T extends string | number>(
  path: string,
  openai: T | undefined,
  ours: T | undefined,
  tolerance: number,
): ValueDifference[] {
  const close = typeof ours === 'number' && typeof openai === 'number' && Math.abs(ours - openai) <= tolerance;
  return ours === openai || close ? [] : [{ path, ours, openai }];
}
