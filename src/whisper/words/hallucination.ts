// Which segments were likely made up in silence, judged by their words (openai/whisper transcribe.py, hallucination_silence_threshold).

import type { Word } from '../../output/result.ts';
import type { WindowSegment } from '../segments.ts';

/** openai's prepended and appended punctuation in a row; searched as a string. */
const PUNCTUATION = '"\'“¿([{-"\'.。,，!！?？:：”)]}、';
/** Words of a segment that are looked at. */
const SCORED_WORDS = 8;
/** Seconds from a window's edge within which a segment counts as surrounded by silence. */
const EDGE = 2;

/** Of a window, in seconds of the file. */
export interface WindowTimes {
  readonly start: number;
  /** Where its audio ends: that of the file or clip, if the window reaches out. */
  readonly audioEnd: number;
  /** A full window after `start`. */
  readonly end: number;
}

/** 0 for an ordinary word; more for an improbable, very short or very long one. */
export function wordAnomalyScore({ start, end, probability }: Word): number {
  const duration = end - start;
  let score = 0;
  if (probability < 0.15) score += 1;
  if (duration < 0.133) score += (0.133 - duration) * 15;
  if (duration > 2) score += duration - 2;
  return score;
}

/** Whether the first words of a segment are anomalous; so are words that are nothing but punctuation. */
export function isSegmentAnomaly(segment: WindowSegment | undefined): boolean {
  if (!segment?.words?.length) return false;
  const words = segment.words.filter(({ word }) => !PUNCTUATION.includes(word)).slice(0, SCORED_WORDS);
  const score = words.reduce((sum, word) => sum + wordAnomalyScore(word), 0);
  return score >= 3 || score + 0.01 >= words.length;
}

/** The first segment that has words. */
export function nextWordsSegment(segments: readonly WindowSegment[]): WindowSegment | undefined {
  return segments.find(({ words }) => words?.length);
}

/**
 * Index of the first anomalous segment with silence, or another anomalous one, on both sides; -1 if there is none.
 * Silence is a gap of more than `threshold` seconds, or the edge of the window or file. `lastSpeech`: where earlier speech ended.
 */
export function firstHallucination(
  segments: readonly WindowSegment[],
  window: WindowTimes,
  threshold: number,
  lastSpeech: number,
): number {
  let previousEnd = lastSpeech;
  for (const [i, segment] of segments.entries()) {
    if (!segment.words?.length) continue;
    if (isSegmentAnomaly(segment)) {
      const next = nextWordsSegment(segments.slice(i + 1));
      const nextStart = next?.words?.[0]?.start ?? window.audioEnd;
      const before =
        segment.start - previousEnd > threshold || segment.start < threshold || segment.start - window.start < EDGE;
      const after = nextStart - segment.end > threshold || isSegmentAnomaly(next) || window.end - segment.end < EDGE;
      if (before && after) return i;
    }
    previousEnd = segment.end;
  }
  return -1;
}
