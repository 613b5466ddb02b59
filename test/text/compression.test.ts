// Rung: pure. Compression ratios against Python's, which are those of plain zlib.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compressionRatio } from '../../src/text/compression.ts';
import { goldenJson } from '../support/goldens.ts';

test("every golden text has Python's ratio", () => {
  const goldens = goldenJson<{ text: string; bytes: number; compressed: number; ratio: number }[]>('compression.json');
  expect(goldens.length).toBe(30);
  for (const { text, ratio } of goldens) expect(compressionRatio(text), text).toBe(ratio);
});

type Vector = [pool: string, seed: number, count: number, bytes: number, compressed: number];
const zlib = goldenJson<{ pools: Record<string, string | string[]>; vectors: Vector[] }>('zlib_lengths.json');

/** As many picks from the pool as told, by Lehmer's generator; words are parted by spaces. */
function generated(pool: string | string[], seed: number, count: number): string {
  const items = [...pool];
  let x = seed;
  const picks = Array.from({ length: count }, () => {
    x = (x * 48271) % 2147483647;
    return items[x % items.length];
  });
  return picks.join(Array.isArray(pool) ? ' ' : '');
}

test.each(zlib.vectors)('%s from seed %i, %i times: %i bytes deflate to %i', (pool, seed, count, bytes, compressed) => {
  const text = generated(zlib.pools[pool]!, seed, count);
  expect(Buffer.byteLength(text)).toBe(bytes);
  expect(compressionRatio(text)).toBe(bytes / compressed);
});

test('any text has a ratio', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(compressionRatio(text)).toBeGreaterThanOrEqual(0);
      expect(compressionRatio(text)).toBeLessThan(1100); // deflate's limit is 1032
    }),
  );
});
