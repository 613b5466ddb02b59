// Rung: pure. What makes words and segments suspect; the windows of seek.test.ts show what follows from it.

import { expect, test } from 'vitest';
import type { Word } from '../../../src/output/result.ts';
import { isSegmentAnomaly, nextWordsSegment, wordAnomalyScore } from '../../../src/whisper/words/hallucination.ts';
import { segment } from './fixtures.ts';

const word = (probability: number, duration: number): Word => ({ word: ' a', start: 0, end: duration, probability });

test('a word is anomalous if improbable, very short or very long', () => {
  expect(wordAnomalyScore(word(0.15, 0.133))).toBe(0);
  expect(wordAnomalyScore(word(0.15, 2))).toBe(0);
  expect(wordAnomalyScore(word(0.14, 1))).toBe(1);
  expect(wordAnomalyScore(word(0.9, 0.033))).toBeCloseTo(1.5, 12);
  expect(wordAnomalyScore(word(0.1, 4.5))).toBe(3.5);
});

test('a segment is from a score of 3 on, or of one a word', () => {
  const of = (...list: Word[]) => isSegmentAnomaly(segment({ words: list }));
  expect(of(word(0.9, 5), ...Array<Word>(6).fill(word(0.9, 1)))).toBe(true);
  expect(of(word(0.9, 4.9), ...Array<Word>(6).fill(word(0.9, 1)))).toBe(false);
  expect(of(word(0.9, 2.995))).toBe(true); // 0.995 + 0.01 >= 1
  expect(of(word(0.9, 2.98))).toBe(false);
});

test('its first eight words count, and none that is in the string of punctuation', () => {
  const good = word(0.9, 1);
  const bad = word(0.1, 5);
  expect(isSegmentAnomaly(segment({ words: [...Array<Word>(8).fill(good), bad] }))).toBe(false);
  expect(isSegmentAnomaly(segment({ words: [...Array<Word>(7).fill(good), bad] }))).toBe(true);
  expect(isSegmentAnomaly(segment({ words: [{ ...bad, word: '.。' }, good] }))).toBe(false);
  expect(isSegmentAnomaly(segment({ words: [{ ...good, word: ',' }] }))).toBe(true); // nothing left to speak for it
});

test('a segment without words is not, nor is none', () => {
  expect(isSegmentAnomaly(segment({ words: [] }))).toBe(false);
  expect(isSegmentAnomaly(undefined)).toBe(false);
});

test('the next segment is the first that has words', () => {
  const [empty, spoken] = [segment({ words: [] }), segment({ words: [word(0.9, 1)] })];
  expect(nextWordsSegment([empty, segment({}), spoken, empty])).toBe(spoken);
  expect(nextWordsSegment([empty])).toBeUndefined();
});
