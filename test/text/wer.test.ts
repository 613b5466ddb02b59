// Rung: pure. Word error rates: hand-counted alignments, the definition by trying every alignment, and the alignment itself.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alignWords, wordErrorRate } from '../../src/text/wer.ts';

test.each([
  ['the cat sat', 'the cat sat', { wer: 0, substitutions: 0, deletions: 0, insertions: 0, hits: 3 }],
  ['the cat sat', 'the bat sat', { wer: 1 / 3, substitutions: 1, deletions: 0, insertions: 0, hits: 2 }],
  ['the cat sat', 'the sat', { wer: 1 / 3, substitutions: 0, deletions: 1, insertions: 0, hits: 2 }],
  ['the cat sat', 'oh the fat cat sat', { wer: 2 / 3, substitutions: 0, deletions: 0, insertions: 2, hits: 3 }],
  ['a b', 'b a', { wer: 1, substitutions: 0, deletions: 1, insertions: 1, hits: 1 }], // not two substitutions
  ['a b c', '', { wer: 1, substitutions: 0, deletions: 3, insertions: 0, hits: 0 }],
  ['', 'a b', { wer: Number.POSITIVE_INFINITY, substitutions: 0, deletions: 0, insertions: 2, hits: 0 }],
  [' \n', '', { wer: 0, substitutions: 0, deletions: 0, insertions: 0, hits: 0 }],
])('%j heard as %j', (reference, hypothesis, expected) => {
  expect(wordErrorRate(reference, hypothesis)).toEqual(expected);
});

/** Fewest errors by its recursive definition. */
function fewestErrors(said: readonly string[], heard: readonly string[]): number {
  if (said.length === 0 || heard.length === 0) return said.length + heard.length;
  const [first, ...saidRest] = said;
  const [other, ...heardRest] = heard;
  if (first === other) return fewestErrors(saidRest, heardRest);
  const rest = [fewestErrors(saidRest, heardRest), fewestErrors(saidRest, heard), fewestErrors(said, heardRest)];
  return 1 + Math.min(...rest);
}

test('counts add up and are the least', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
  fc.assert(
    fc.property(words, words, (said, heard) => {
      const { substitutions, deletions, insertions, hits } = wordErrorRate(said.join(' '), heard.join(' '));
      expect(substitutions + deletions + insertions).toBe(fewestErrors(said, heard));
      expect(hits + substitutions + deletions).toBe(said.length);
      expect(hits + substitutions + insertions).toBe(heard.length);
      expect(Math.min(substitutions, deletions, insertions, hits)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('aligned stretches are both texts whole, take turns, and have the errors that are counted', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 14 });
  fc.assert(
    fc.property(words, words, (said, heard) => {
      const stretches = alignWords(said.join(' '), heard.join(' '));
      expect(stretches.flatMap(({ reference }) => reference)).toEqual(said);
      expect(stretches.flatMap(({ hypothesis }) => hypothesis)).toEqual(heard);
      const { substitutions, deletions, insertions, hits } = wordErrorRate(said.join(' '), heard.join(' '));
      const same = stretches.filter((stretch) => stretch.same);
      const others = stretches.filter((stretch) => !stretch.same);
      expect(same.reduce((sum, { reference }) => sum + reference.length, 0)).toBe(hits);
      for (const { reference, hypothesis } of same) expect(reference).toEqual(hypothesis);
      const longer = others.map(({ reference, hypothesis }) => Math.max(reference.length, hypothesis.length));
      expect(longer.reduce((a, b) => a + b, 0)).toBe(substitutions + deletions + insertions);
      stretches.slice(1).forEach((stretch, i) => {
        expect(stretch.same).toBe(!stretches[i]!.same);
      });
    }),
    { numRuns: 300 },
  );
});
