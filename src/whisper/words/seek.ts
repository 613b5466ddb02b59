// Where the seek loop goes on after a window with words, and which of its segments stay (openai/whisper transcribe.py, `if word_timestamps`).

import { roundHalfEven } from '../../python.ts';
import { FRAMES_PER_SECOND, type Window, type WindowSegment } from '../segments.ts';
import { firstHallucination, isSegmentAnomaly, nextWordsSegment, type WindowTimes } from './hallucination.ts';

/** A decoded window; frames are of mel, 10 ms. */
export interface DecodedWindow extends Window {
  /** Frames of a full window, 3000. */
  readonly fullFrames: number;
  /** Frames of the file. */
  readonly contentFrames: number;
  /** Frames to move on by as the timestamp tokens say, from sliceSegments. */
  readonly advance: number;
  /** From endsInSingleTimestamp. */
  readonly singleTimestampEnding: boolean;
}

export interface SeekOptions {
  /** Seconds of silence around a suspect segment that make it a hallucination; null: do not look for any. */
  readonly hallucinationSilenceThreshold: number | null;
  /** Seconds of the file at which the speech of earlier windows ended; 0 before the first. */
  readonly lastSpeechTimestamp: number;
}

export interface AfterWords {
  /** Frame of the file at which the next window begins. */
  readonly seek: number;
  /** Segments that stay: all, those before a hallucination, or none when dropped. */
  readonly segments: readonly WindowSegment[];
  /** The window's result is void, as if it had not been decoded: the prompt stays as it was too. */
  readonly drop: boolean;
  readonly lastSpeechTimestamp: number;
}

/** Whether tokens end in text and one timestamp: then no speech follows in the window. */
export function endsInSingleTimestamp(tokens: readonly number[], timestampBegin: number): boolean {
  const [text, time] = tokens.slice(-2);
  return time !== undefined && text! < timestampBegin && time >= timestampBegin;
}

/** Seconds at which the last word ends, or without words the last segment. */
export function lastWordEnd(segments: readonly WindowSegment[]): number | undefined {
  return segments.findLast(({ words }) => words?.length)?.words?.at(-1)?.end ?? segments.at(-1)?.end;
}

/** What to do after a window whose `segments` come from addWordTimestamps. */
export function seekAfterWords(
  segments: readonly WindowSegment[],
  window: DecodedWindow,
  { hallucinationSilenceThreshold: threshold, lastSpeechTimestamp }: SeekOptions,
): AfterWords {
  const times: WindowTimes = {
    start: window.seek / FRAMES_PER_SECOND,
    audioEnd: window.seek / FRAMES_PER_SECOND + window.frames / FRAMES_PER_SECOND,
    end: (window.seek + window.fullFrames) / FRAMES_PER_SECOND,
  };
  const keep = (kept: readonly WindowSegment[], seek: number): AfterWords => ({
    seek,
    segments: kept,
    drop: false,
    lastSpeechTimestamp: lastWordEnd(kept) ?? lastSpeechTimestamp,
  });
  if (threshold === null) return keep(segments, seekByWords(segments, window, times, null));

  const first = nextWordsSegment(segments);
  const gap = (first?.start ?? times.start) - times.start;
  if (isSegmentAnomaly(first) && gap > threshold) {
    return { seek: window.seek + toFrames(gap), segments: [], drop: true, lastSpeechTimestamp };
  }
  const cut = firstHallucination(segments, times, threshold, lastSpeechTimestamp);
  if (cut < 0) return keep(segments, seekByWords(segments, window, times, threshold));
  return keep(segments.slice(0, cut), seekToHallucination(segments[cut]!, window, times, threshold));
}

/** To the end of the last word, unless the timestamps say that all was heard, or so little is left that it cannot be silence. */
function seekByWords(
  segments: readonly WindowSegment[],
  window: DecodedWindow,
  times: WindowTimes,
  threshold: number | null,
): number {
  const end = lastWordEnd(segments);
  if (window.singleTimestampEnding || end === undefined || end <= times.start) return window.seek + window.advance;
  if (threshold !== null && times.end - end <= threshold) return window.seek + window.frames;
  return toFrames(end);
}

/** To where the hallucination begins, but on by a second at least; to the end of the file if next to nothing follows it. */
function seekToHallucination(
  { start, end }: WindowSegment,
  { contentFrames }: DecodedWindow,
  times: WindowTimes,
  threshold: number,
): number {
  if (contentFrames / FRAMES_PER_SECOND - end < threshold) return contentFrames;
  return toFrames(Math.max(times.start + 1, start));
}

function toFrames(seconds: number): number {
  return roundHalfEven(seconds * FRAMES_PER_SECOND);
}
