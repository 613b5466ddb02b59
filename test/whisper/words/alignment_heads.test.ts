// Rung: pure. Alignment heads are openai's, exist in the model, and are a rule where none were published.

import { expect, test } from 'vitest';
import { PUBLISHED_DIMS } from '../../../src/whisper/dims.ts';
import { alignmentHeads } from '../../../src/whisper/words/alignment_heads.ts';
import { goldenJson } from '../../support/goldens.ts';

const pairs = (...of: Parameters<typeof alignmentHeads>) =>
  alignmentHeads(...of).map(({ layer, head }) => [layer, head]);

const goldens = goldenJson<{ name: string; heads: number[][] }[]>('words/alignment_heads.json');
const names = Object.keys(PUBLISHED_DIMS);

test.each(goldens.filter(({ name }) => names.includes(name)))('$name has the heads that openai published', (golden) => {
  expect(pairs(PUBLISHED_DIMS[golden.name]!, golden.name)).toEqual(golden.heads);
});

test('dimensions alone tell the models apart, but for large-v1, which is taken for large-v2', () => {
  const published = goldens.filter(({ name }) => names.includes(name));
  expect(published.length).toBe(12);
  for (const { name } of published) {
    const taken = name === 'large-v1' ? 'large-v2' : name;
    expect(pairs(PUBLISHED_DIMS[name]!), name).toEqual(published.find((golden) => golden.name === taken)!.heads);
  }
});

test('a name decides only among models of the same dimensions', () => {
  expect(pairs(PUBLISHED_DIMS.tiny!, 'base')).toEqual(pairs(PUBLISHED_DIMS.tiny!));
  expect(pairs(PUBLISHED_DIMS['large-v2']!, 'my-fine-tune')).toEqual(pairs(PUBLISHED_DIMS['large-v2']!));
});

test.each(names)('every head of %s exists, each once', (name) => {
  const dims = PUBLISHED_DIMS[name]!;
  const heads = alignmentHeads(dims, name);
  expect(heads.length).toBeGreaterThan(0);
  expect(heads.every(({ layer, head }) => layer < dims.n_text_layer && head < dims.n_text_head)).toBe(true);
  expect(new Set(heads.map(({ layer, head }) => `${layer}.${head}`)).size).toBe(heads.length);
});

test('turbo has six heads in its four layers', () => {
  // biome-ignore format: pairs
  expect(pairs(PUBLISHED_DIMS.turbo!)).toEqual([[2, 4], [2, 11], [3, 3], [3, 6], [3, 11], [3, 14]]);
});

test("a distilled model does not get its teacher's heads but all of the last half of its layers", () => {
  const twenty = Array.from({ length: 20 }, (_, head) => [1, head]);
  expect(pairs(PUBLISHED_DIMS['distil-large-v2']!, 'large-v2')).toEqual(twenty);
  expect(pairs(PUBLISHED_DIMS['distil-large-v3']!)).toEqual(twenty);
});

test('any other model has all heads of the last half of its layers, the larger half where they are odd', () => {
  const dims = { ...PUBLISHED_DIMS.tiny!, n_text_layer: 3, n_text_head: 2 };
  // biome-ignore format: pairs
  expect(pairs(dims)).toEqual([[1, 0], [1, 1], [2, 0], [2, 1]]);
});
