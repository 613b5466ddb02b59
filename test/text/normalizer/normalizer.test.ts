// Rung: pure. Both normalisers against openai/whisper's.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizeBasic } from '../../../src/text/normalizer/basic.ts';
import { fraction, timesWhole } from '../../../src/text/normalizer/decimals.ts';
import { normalizeEnglish } from '../../../src/text/normalizer/english.ts';
import { AMERICAN_SPELLINGS } from '../../../src/text/normalizer/spellings.ts';
import { goldenJson } from '../../support/goldens.ts';

interface Golden {
  readonly text: string;
  readonly english: string;
  readonly basic: string;
  readonly basic_remove_diacritics: string;
  readonly basic_split_letters: string;
}

test.each(goldenJson<Golden[]>('normalizer.json'))('$text', (golden) => {
  expect(normalizeEnglish(golden.text)).toBe(golden.english);
  expect(normalizeBasic(golden.text)).toBe(golden.basic);
  expect(normalizeBasic(golden.text, { removeDiacritics: true })).toBe(golden.basic_remove_diacritics);
  expect(normalizeBasic(golden.text, { splitLetters: true })).toBe(golden.basic_split_letters);
});

test.each(goldenJson<[string, string][]>('normalizer_numbers.json'))('number rules: %s', (text, expected) => {
  expect(normalizeEnglish(text)).toBe(expected);
});

test('the spelling table is whole', () => {
  expect(AMERICAN_SPELLINGS.size).toBe(1738); // of 1739: one entry is of three words
  expect(AMERICAN_SPELLINGS.get('accessorise')).toBe('accessorize');
  expect(AMERICAN_SPELLINGS.get('yoghurts')).toBe('yogurts');
});

test('any text has a normal form, with no white space but single spaces', () => {
  const words = fc.constantFrom('twenty', 'one', 'hundred', 'and', 'point', '$5', 'double', 'oh', 'cents', '1.5', 'x');
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const normal of [normalizeEnglish(text), normalizeBasic(text, { splitLetters: true })]) {
        expect(normal).not.toMatch(/[^\P{White_Space} ]| {2}/u);
      }
    }),
    { numRuns: 500 },
  );
});

test('decimals are exact, in any script', () => {
  expect(fraction('1.2.3')).toBeUndefined();
  expect(fraction('.')).toBeUndefined();
  expect(fraction('1.$5')).toBeUndefined();
  expect(fraction('٣.٥')).toEqual({ digits: 35n, scale: 1 });
  expect(fraction('𝟗𝟘')).toEqual({ digits: 90n, scale: 0 }); // runs of digits that follow one another
  expect(timesWhole(fraction('.5')!, 1000n)).toBe(500n);
  expect(timesWhole(fraction('1.0005')!, 1000n)).toBeUndefined();
  expect(timesWhole(fraction('5.')!, 10n ** 33n)).toBe(5n * 10n ** 33n);
});
