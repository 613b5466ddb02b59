// Rung: pure. Where the loop goes after a window with words: openai's code on scripted segments, and each of its rules by name.

import { describe, expect, test } from 'vitest';
import type { Word } from '../../../src/output/result.ts';
import {
  type DecodedWindow,
  endsInSingleTimestamp,
  lastWordEnd,
  seekAfterWords,
} from '../../../src/whisper/words/seek.ts';
import { goldenJson } from '../../support/goldens.ts';
import { segment } from './fixtures.ts';

interface Golden {
  readonly seek: number;
  readonly frames: number;
  readonly content_frames: number;
  readonly advance: number;
  readonly single_timestamp_ending: boolean;
  readonly threshold: number | null;
  readonly last_speech_timestamp: number;
  readonly segments: readonly { start: number; end: number; words: Word[] }[];
  readonly after: { seek: number; kept: number; drop: boolean; last_speech_timestamp: number };
}

test('160 scripted windows end as in openai’s code', () => {
  const goldens = goldenJson<Golden[]>('words/hallucination.json');
  expect(goldens.length).toBe(160);
  for (const golden of goldens) {
    const { seek, frames, advance } = golden;
    const segments = golden.segments.map(segment);
    const window: DecodedWindow = {
      ...{ seek, frames, advance, fullFrames: 3000 },
      contentFrames: golden.content_frames,
      singleTimestampEnding: golden.single_timestamp_ending,
    };
    const after = seekAfterWords(segments, window, {
      hallucinationSilenceThreshold: golden.threshold,
      lastSpeechTimestamp: golden.last_speech_timestamp,
    });
    expect(after, JSON.stringify(golden)).toEqual({
      seek: golden.after.seek,
      segments: segments.slice(0, golden.after.kept),
      drop: golden.after.drop,
      lastSpeechTimestamp: golden.after.last_speech_timestamp,
    });
  }
});

/** A segment of words from `start` on, each of `duration`. */
function words(start: number, duration: number, probability = 0.9, count = 3) {
  const list = Array.from({ length: count }, (_, i): Word => {
    return { word: ' a', start: start + i * duration, end: start + (i + 1) * duration, probability };
  });
  return segment({ start, end: list.at(-1)?.end ?? start + 1, words: list });
}

const speech = (start: number) => words(start, 0.25);
/** Score of 1 a word: the segment is anomalous. */
const madeUp = (start: number) => words(start, 0.25, 0.1);

const window = (given: Partial<DecodedWindow> = {}): DecodedWindow => ({
  ...{ seek: 1000, frames: 3000, fullFrames: 3000, contentFrames: 9000, advance: 2000, singleTimestampEnding: false },
  ...given,
});

const next = (
  segments: ReturnType<typeof segment>[],
  given: Partial<DecodedWindow> = {},
  threshold: number | null = null,
) => seekAfterWords(segments, window(given), { hallucinationSilenceThreshold: threshold, lastSpeechTimestamp: 9 });

describe('without a threshold', () => {
  test('the next window begins where the last word ends', () => {
    expect(next([speech(10), speech(20)])).toMatchObject({ seek: 2075, drop: false, lastSpeechTimestamp: 20.75 });
  });

  test('unless tokens end in a single timestamp: then after this window', () => {
    expect(next([speech(10)], { singleTimestampEnding: true, advance: 3000 }).seek).toBe(4000);
  });

  test('unless the last word does not end after the window’s start', () => {
    expect(next([words(8, 0.5)]).seek).toBe(3000);
  });

  test('without words the last segment’s end counts; without segments the timestamps do', () => {
    expect(next([speech(10), segment({ start: 12, end: 15, words: [] })]).seek).toBe(1075);
    expect(next([segment({ start: 10, end: 15, words: [] })])).toMatchObject({ seek: 1500, lastSpeechTimestamp: 15 });
    expect(next([])).toMatchObject({ seek: 3000, lastSpeechTimestamp: 9 });
  });

  test('anomalous segments stay', () => {
    expect(next([madeUp(30)])).toMatchObject({ drop: false, segments: [madeUp(30)] });
  });
});

describe('with a threshold of 2 s', () => {
  test('what remains of the window after the last word is heard again only if it is longer', () => {
    expect(next([speech(37.2)], {}, 2).seek).toBe(3795); // 2.05 s remain
    expect(next([speech(37.25)], {}, 2).seek).toBe(4000);
  });

  test('an anomalous first segment after more than 2 s of silence voids the window, which is heard again from there', () => {
    expect(next([madeUp(12.5), speech(14)], {}, 2)).toEqual({
      seek: 1250,
      segments: [],
      drop: true,
      lastSpeechTimestamp: 9,
    });
    expect(next([madeUp(12), speech(14)], {}, 2).drop).toBe(false);
    expect(next([segment({ words: [] }), madeUp(12.5)], {}, 2).drop).toBe(true); // first with words
    expect(next([speech(12.5)], {}, 2).drop).toBe(false);
  });

  test('an anomalous segment with silence on both sides is cut, and what follows it', () => {
    const segments = [speech(10), madeUp(15), speech(20)];
    expect(next(segments, {}, 2)).toEqual({
      seek: 1500,
      segments: [speech(10)],
      drop: false,
      lastSpeechTimestamp: 10.75,
    });
    expect(next([speech(10), madeUp(12.7), speech(20)], {}, 2).segments.length).toBe(3); // no silence before
    expect(next([speech(10), madeUp(15), speech(17.7)], {}, 2).segments.length).toBe(3); // none after
  });

  test('the threshold’s first seconds of the file count as silence before', () => {
    const start = { seek: 0, contentFrames: 9000 };
    const segments = [words(0, 0.25), madeUp(2.5), speech(20)];
    const cut = (threshold: number) => next(segments, start, threshold).segments.length;
    // The speech before ends 1.75 s earlier, the window begins 2.5 s earlier.
    expect([cut(2.5), cut(2.6)]).toEqual([3, 1]);
  });

  test('another anomalous segment counts as silence after it', () => {
    expect(next([speech(10), madeUp(15), madeUp(16)], {}, 2).segments).toEqual([speech(10)]);
  });

  test('the end of the audio counts as the next speech, the window’s end as silence', () => {
    expect(next([speech(10), madeUp(15)], { frames: 700 }, 2).segments.length).toBe(2);
    expect(next([speech(10), speech(36), madeUp(38.8)], {}, 2).segments.length).toBe(2);
  });

  test('the loop moves on by a second at least', () => {
    expect(next([madeUp(10.2), speech(20)], {}, 2)).toMatchObject({ seek: 1100, segments: [], drop: false });
  });

  test('with less than 2 s of the file after a hallucination, the file is done', () => {
    const segments = [speech(10), madeUp(15)];
    expect(next(segments, { frames: 1000, contentFrames: 1774 }, 2).seek).toBe(1774);
    expect(next(segments, { frames: 1000, contentFrames: 1780 }, 2).seek).toBe(1500);
  });
});

test('the last word may be in an earlier segment; without words the last segment counts', () => {
  const empty = segment({ end: 7, words: [] });
  expect(lastWordEnd([speech(1), empty])).toBe(1.75);
  expect(lastWordEnd([empty])).toBe(7);
  expect(lastWordEnd([])).toBeUndefined();
});

test('a single timestamp ending is text and one timestamp', () => {
  const ends = (...tokens: number[]) => endsInSingleTimestamp(tokens, 100);
  expect(ends(100, 5, 120)).toBe(true);
  expect(ends(100, 5, 120, 120)).toBe(false);
  expect(ends(100, 5)).toBe(false);
  expect(ends(120)).toBe(false);
  expect(ends()).toBe(false);
});
