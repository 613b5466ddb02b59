// Words too long to be true are cut: at sentence ends, after a pause, at a segment's edges. DTW leaves silence to the words beside it.
// (openai/whisper timing.py add_word_timestamps, what it calls hacks)

import type { Word } from '../../output/result.ts';
import type { WordTiming } from './alignment.ts';

/** Seconds. */
export interface TypicalDuration {
  /** Median of the durations that are not 0, at most 0.7; 0 when there are none. */
  readonly median: number;
  /** Twice that: no word should be longer. */
  readonly most: number;
}

/** A segment's words and times, all in seconds of the file. */
export interface TimedWords {
  readonly words: readonly Word[];
  readonly start: number;
  readonly end: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const MEDIAN_CAP = 0.7;
const SENTENCE_END_MARKS = '.。!！?？';
/** Durations of silence, in medians, that make a pause. */
const PAUSE_MEDIANS = 4;
/** Seconds a word may reach out of its segment before the segment's own time is preferred. */
const REACH = 0.5;

export function typicalDuration(alignment: readonly WordTiming[]): TypicalDuration {
  const durations = alignment.map(({ start, end }) => end - start).filter((duration) => duration !== 0);
  durations.sort((a, b) => a - b);
  const middle = durations.length / 2;
  const median = durations.length === 0 ? 0 : (durations[Math.ceil(middle) - 1]! + durations[Math.floor(middle)]!) / 2;
  return { median: Math.min(MEDIAN_CAP, median), most: Math.min(MEDIAN_CAP, median) * 2 };
}

/** A long sentence mark ends early; a long word after a sentence mark begins late. Marks are words of their own here. */
export function cutAtSentenceEnds(alignment: readonly WordTiming[], { most }: TypicalDuration): WordTiming[] {
  const cut = [...alignment];
  for (let i = 1; i < cut.length; i++) {
    const timing = cut[i]!;
    if (timing.end - timing.start <= most) continue;
    if (SENTENCE_END_MARKS.includes(timing.word)) cut[i] = { ...timing, end: timing.start + most };
    else if (SENTENCE_END_MARKS.includes(cut[i - 1]!.word)) cut[i] = { ...timing, start: timing.end - most };
  }
  return cut;
}

/**
 * Cuts long words at the begin and end of a segment, and gives the segment the times of its words unless they reach too far out.
 * `lastSpeech` is where the speech before the segment ended. Without words the segment is returned as it is.
 */
export function fitToSegment(segment: TimedWords, typical: TypicalDuration, lastSpeech: number): TimedWords {
  const words: Mutable<Word>[] = segment.words.map((word) => ({ ...word }));
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return segment;
  cutAfterPause(words, typical, lastSpeech);

  let { start, end } = segment;
  if (start < first.end && start - REACH > first.start) {
    first.start = Math.max(0, Math.min(first.end - typical.median, start));
  } else {
    start = first.start;
  }
  if (end > last.start && end + REACH < last.end) {
    last.end = Math.max(last.start + typical.median, end);
  } else {
    end = last.end;
  }
  return { words, start, end };
}

/** The first word after a pause, alone or with the second, took the pause in: it begins later, and the second word too. */
function cutAfterPause(words: readonly Mutable<Word>[], { median, most }: TypicalDuration, lastSpeech: number): void {
  const first = words[0]!;
  const second = words[1];
  const afterPause = first.end - lastSpeech > median * PAUSE_MEDIANS;
  const long = first.end - first.start > most || (second !== undefined && second.end - first.start > most * 2);
  if (!afterPause || !long) return;
  if (second && second.end - second.start > most) {
    const boundary = Math.max(second.end / 2, second.end - most);
    first.end = boundary;
    second.start = boundary;
  }
  first.start = Math.max(0, first.end - most);
}
