// Rung: pure. Punctuation merged as openai merges it, quirks of searching in strings included.

import { expect, test } from 'vitest';
import type { WordTiming } from '../../../src/whisper/words/alignment.ts';
import { mergePunctuations } from '../../../src/whisper/words/merge_punctuations.ts';
import { APPEND_PUNCTUATIONS, PREPEND_PUNCTUATIONS } from '../../../src/whisper/words/word_timestamps.ts';
import { goldenJson } from '../../support/goldens.ts';

interface Golden {
  readonly words: readonly string[];
  readonly merged: readonly (readonly [word: string, tokens: number[], start: number, end: number])[];
}

/** One token a word; word i lasts from i / 2 for 0.4 s. */
function timings(words: readonly string[]): WordTiming[] {
  return words.map((word, i) => ({ word, tokens: [i], start: i / 2, end: i / 2 + 0.4, probability: 1 }));
}

function merge(words: readonly string[], prepended = PREPEND_PUNCTUATIONS, appended = APPEND_PUNCTUATIONS) {
  return mergePunctuations(timings(words), prepended, appended);
}

const texts = (merged: readonly WordTiming[]) => merged.map(({ word }) => word);

test.each(goldenJson<{ merge_punctuations: Golden[] }>('timing.json').merge_punctuations)(
  '$words merge as in the golden',
  ({ words, merged }) => {
    expect(merge(words)).toEqual(
      merged.map(([word, tokens, start, end]) => ({
        word,
        tokens,
        start,
        end: expect.closeTo(end, 12),
        probability: 1,
      })),
    );
  },
);

test('lists are searched as strings: neighbours in the list merge together, others do not', () => {
  expect(texts(merge([' a', '?！']))).toEqual([' a', '?！']); // each alone would merge
  expect(texts(merge([' a', '！?']))).toEqual([' a！?', '']);
  expect(texts(merge([' a', ').']))).toEqual([' a', ').']);
  expect(texts(merge([' a', '.。']))).toEqual([' a.。', '']);
});

test('a blank word counts as opening punctuation', () => {
  expect(texts(merge([' ', 'a']))).toEqual(['', ' a']);
});

test('closing punctuation in a row joins the word before it piece by piece', () => {
  expect(texts(merge([' a', '.', '”', ')', ' b']))).toEqual([' a.”)', '', '', '', ' b']);
});

test('an emptied word counts as closing punctuation: what follows joins the word before it, not the empty one', () => {
  expect(texts(merge([' a', ' (', '.'], '(', ' (.'))).toEqual([' a (.', '', '']);
});

test('nothing is appended to a word that ends in a space', () => {
  expect(texts(merge(['a ', '.']))).toEqual(['a ', '.']);
});

test('opening punctuation without a space before it stays', () => {
  expect(texts(merge([' a', '(', 'b']))).toEqual([' a', '(', 'b']);
});

test('the caller decides what is punctuation', () => {
  expect(texts(merge([' a', '.', ' #', 'b', ','], '#', ','))).toEqual([' a', '.', '', ' #b,', '']);
});

test('no word, and one word, stay', () => {
  expect(merge([])).toEqual([]);
  expect(texts(merge(['.']))).toEqual(['.']);
});

test('the words given are not changed', () => {
  const words = timings([' a', '.']);
  mergePunctuations(words, PREPEND_PUNCTUATIONS, APPEND_PUNCTUATIONS);
  expect(words).toEqual(timings([' a', '.']));
});
