// Rung: pure. Words into segments: openai's code on scripted alignments, and each of its rules by name.

import { describe, expect, test } from 'vitest';
import type { WordTiming } from '../../../src/whisper/words/alignment.ts';
import {
  APPEND_PUNCTUATIONS,
  addWordTimestamps,
  PREPEND_PUNCTUATIONS,
} from '../../../src/whisper/words/word_timestamps.ts';
import { goldenJson } from '../../support/goldens.ts';
import { EOT, segment, timing } from './fixtures.ts';

type WordTuple = readonly [word: string, start: number, end: number, probability: number];

interface Golden {
  readonly alignment: readonly (readonly [
    word: string,
    tokens: number[],
    start: number,
    end: number,
    probability: number,
  ])[];
  readonly last_speech_timestamp: number;
  readonly segments: readonly { seek: number; start: number; end: number; tokens: number[] }[];
  readonly after: readonly (readonly [start: number, end: number, words: WordTuple[]])[];
}

function add(segments: ReturnType<typeof segment>[], alignment: readonly WordTiming[], lastSpeechTimestamp = 0) {
  return addWordTimestamps(segments, alignment, EOT, {
    prependPunctuations: PREPEND_PUNCTUATIONS,
    appendPunctuations: APPEND_PUNCTUATIONS,
    lastSpeechTimestamp,
  });
}

test('140 scripted alignments end as in openai’s code, to the last bit', () => {
  const goldens = goldenJson<Golden[]>('words/word_timestamps.json');
  expect(goldens.length).toBe(140);
  for (const golden of goldens) {
    const alignment = golden.alignment.map(([word, tokens, start, end, probability]) => ({
      word,
      tokens,
      start,
      end,
      probability,
    }));
    const segments = golden.segments.map(segment);
    const after = add(segments, alignment, golden.last_speech_timestamp).map(({ start, end, words }) => [
      start,
      end,
      words!.map((w): WordTuple => [w.word, w.start, w.end, w.probability]),
    ]);
    expect(after, JSON.stringify(golden)).toEqual(golden.after);
  }
});

/** Words of one token and 0.2 s each, back to back from `start` on. */
function steady(words: readonly string[], start = 0): WordTiming[] {
  return words.map((word, i) => timing(word, start + i * 0.2, start + (i + 1) * 0.2));
}

/** A segment of `words` text tokens between two timestamps. */
function spoken(words: number, start: number, end: number, seek = 0) {
  return segment({ seek, start, end, tokens: [EOT + 1, ...Array(words).fill(1), EOT + 2] });
}

const times = (words: readonly { start: number; end: number }[] | undefined) =>
  words!.map(({ start, end }) => [start, end]);

describe('one alignment of the window is dealt out to its segments', () => {
  test('by text tokens, timestamps not counted', () => {
    const [a, b] = add([spoken(2, 0, 0.4), spoken(1, 0.4, 0.6)], steady([' a', ' b', ' c']));
    expect(a!.words!.map(({ word }) => word)).toEqual([' a', ' b']);
    expect(b!.words!.map(({ word }) => word)).toEqual([' c']);
  });

  test('a word across two segments goes to the earlier', () => {
    const words = [{ ...timing(' ab', 0, 0.2), tokens: [1, 1] }, timing(' c', 0.2, 0.4)];
    const [a, b] = add([spoken(1, 0, 0.1), spoken(1, 0.1, 0.4)], words);
    expect(a!.words!.map(({ word }) => word)).toEqual([' ab']);
    expect(b!.words!.map(({ word }) => word)).toEqual([' c']);
  });

  test('punctuation merged away leaves no word', () => {
    const [a] = add([spoken(3, 0, 0.6)], steady([' a', ',', ' b']));
    expect(a!.words!.map(({ word }) => word)).toEqual([' a,', ' b']);
  });

  test('times are of the file, in hundredths, half to even as numpy rounds', () => {
    const [a] = add([spoken(1, 1, 1.3, 100)], [timing(' a', 0.125, 0.375)]);
    expect(times(a!.words)).toEqual([[1.12, 1.38]]);
  });

  test('segments without text get no words and keep their times', () => {
    expect(add([spoken(0, 1, 3)], [])).toEqual([{ ...spoken(0, 1, 3), words: [] }]);
    expect(add([], [])).toEqual([]);
  });
});

describe('start and end of a segment are rewritten', () => {
  test('to those of its words', () => {
    const [a] = add([spoken(2, 0.3, 1)], steady([' a', ' b'], 0.1));
    expect([a!.start, a!.end]).toEqual([0.1, 0.5]);
  });

  test('unless the first word begins over half a second early: then the word is cut', () => {
    const words = [timing(' a', 0, 1), ...steady([' b', ' c', ' d'], 1)];
    const [cut] = add([spoken(4, 0.505, 1.6)], words, 0.9); // median 0.2; speech just before: no pause
    expect(cut!.start).toBe(0.505);
    expect(cut!.words![0]!.start).toBe(0.505);
    const [kept] = add([spoken(4, 0.5, 1.6)], words, 0.9); // half a second exactly
    expect([kept!.start, kept!.words![0]!.start]).toEqual([0, 0]);
  });

  test('unless the last word ends over half a second late: then the word is cut', () => {
    const words = [...steady([' a', ' b', ' c']), timing(' d', 0.6, 2)];
    const [cut] = add([spoken(4, 0, 1.495)], words);
    expect([cut!.end, cut!.words!.at(-1)!.end]).toEqual([1.495, 1.495]);
    const [least] = add([spoken(4, 0, 0.7)], words);
    expect(least!.words!.at(-1)!.end).toBeCloseTo(0.8, 12); // a median at least
  });
});

describe('long words are cut', () => {
  const typical = steady([' a', ' b', ' c', ' d', ' e'], 5); // median 0.2, so that over 0.4 is long

  test('a sentence mark ends after twice the median', () => {
    const words = [...typical, timing(' x', 6, 6.2), timing('.', 6.2, 9), timing(' y', 9, 9.2)];
    const [a] = addWordTimestamps([spoken(8, 5, 9.2)], words, EOT, {
      prependPunctuations: '',
      appendPunctuations: '',
      lastSpeechTimestamp: 5,
    });
    expect(times(a!.words).at(-2)).toEqual([6.2, 6.6]);
  });

  test('a word after a sentence mark begins twice the median before its end', () => {
    const words = [...typical, timing('.', 6, 6.1), timing(' x', 6.1, 9)];
    const [a] = add([spoken(7, 5, 9)], words, 5);
    expect(times(a!.words).at(-1)).toEqual([8.6, 9]);
  });

  test('another word stays', () => {
    const words = [...typical, timing(' x', 6, 9)];
    expect(times(add([spoken(6, 5, 9)], words, 5)[0]!.words).at(-1)).toEqual([6, 9]);
  });

  test('the first word after a pause of over four medians begins twice the median before its end', () => {
    const words = [timing(' x', 0, 5), ...typical];
    expect(times(add([spoken(6, 4.6, 6)], words)[0]!.words)[0]).toEqual([4.6, 5]);
    expect(add([spoken(6, 0, 6)], words, 4.21)[0]!.words![0]!.start).toBe(0); // less than 0.8 s after the last speech
  });

  test('the second word after a pause too, and the first with it', () => {
    const words = [timing(' x', 0, 2), timing(' y', 2, 5), ...typical];
    expect(times(add([spoken(7, 4.2, 6)], words)[0]!.words).slice(0, 2)).toEqual([
      [4.199999999999999, 4.6], // 4.6 - 0.4 in f64, not rounded again
      [4.6, 5],
    ]);
  });

  test('two words that are long together are cut alike', () => {
    const typical = steady([' a', ' b', ' c', ' d', ' e'], 10.81);
    const words = [timing(' x', 10, 10.4), timing(' y', 10.4, 10.81), ...typical];
    const [a] = add([spoken(7, 10.4, 12)], words); // 0.81 s, over four medians
    const cut = times(a!.words).slice(0, 2).flat();
    expect(cut.map((time) => Number(time!.toFixed(9)))).toEqual([10.01, 10.41, 10.41, 10.81]);
  });

  test('the first word never begins before 0', () => {
    const words = [timing(' x', 0, 0.6), timing(' y', 0.6, 1.4), timing(' z', 1.4, 2.2)];
    expect(add([spoken(3, 0.55, 2.2)], words)[0]!.words![0]!.start).toBe(0); // 0.6 less the median of 0.7
  });

  test('the median is capped at 0.7 s and leaves out words without duration', () => {
    const slow = [
      timing(' a', 0, 0),
      timing(' b', 0, 0),
      timing(' c', 0, 0),
      timing(' d', 10, 12),
      timing('.', 12, 17),
    ];
    const [a] = addWordTimestamps([spoken(5, 0, 12)], slow, EOT, {
      prependPunctuations: '',
      appendPunctuations: '',
      lastSpeechTimestamp: 0,
    });
    expect(times(a!.words).at(-1)).toEqual([12, 13.4]);
  });
});
