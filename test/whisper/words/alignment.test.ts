// Rung: pure. Cost to words, on openai's own costs of jfk by two models.

import { describe, expect, test } from 'vitest';
import { OptionError } from '../../../src/errors.ts';
import { findAlignment } from '../../../src/whisper/words/alignment.ts';
import { dtw } from '../../../src/whisper/words/dtw.ts';
import { goldenJson, readNpy } from '../../support/goldens.ts';
import { tokenizers } from '../../text/fixtures/goldens.ts';

interface Alignment {
  readonly text_tokens: number[];
  readonly num_frames: number;
  readonly text_indices: number[];
  readonly time_indices: number[];
  readonly words: { word: string; tokens: number[]; start: number; end: number; probability: number }[];
}

const { models } = goldenJson<{ models: Record<string, { alignment: Alignment }> }>('numeric/manifest.json');

describe.each([
  { model: 'tiny.en', tokenizer: tokenizers.gpt2 },
  { model: 'base', tokenizer: tokenizers.multilingual },
])('jfk by $model', ({ model, tokenizer }) => {
  const { alignment } = models[model]!;
  const cost = readNpy(`numeric/${model}.align_cost.npy`);

  test('the path is the golden one', () => {
    const [rows, columns] = cost.shape as [number, number];
    expect([rows, columns]).toEqual([alignment.text_tokens.length + 1, alignment.num_frames / 2]);
    const path = dtw(cost.data, rows, columns);
    expect([...path.textIndices]).toEqual(alignment.text_indices);
    expect([...path.timeIndices]).toEqual(alignment.time_indices);
  });

  test('the words, their tokens and times are the golden ones', () => {
    // Each word of this clip is one token, so that the words' probabilities are the tokens'.
    const probabilities = alignment.words.map(({ probability }) => probability);
    const text = { tokens: alignment.text_tokens, probabilities, cost: cost.data };
    expect(findAlignment(text, tokenizer, 'en')).toEqual(alignment.words);
  });
});

/** A cost that leads DTW through row i at frames [i * framesPerToken, (i + 1) * framesPerToken). */
function staircase(rows: number, framesPerToken: number): Float32Array {
  const columns = rows * framesPerToken;
  return Float32Array.from({ length: rows * columns }, (_, at) =>
    Math.floor((at % columns) / framesPerToken) === Math.floor(at / columns) ? -1 : 1,
  );
}

test('a word of several tokens begins with its first, ends where the next begins, and has their mean probability', () => {
  const { encode } = tokenizers.gpt2;
  const tokens = encode(' lavapipe so');
  expect(tokens.length).toBe(4);
  const cost = staircase(5, 10); // 0.2 s a token
  const words = findAlignment({ tokens, probabilities: [0.2, 0.4, 0.9, 0.5], cost }, tokenizers.gpt2, 'en');
  expect(words).toEqual([
    { word: ' lavapipe', tokens: tokens.slice(0, 3), start: 0, end: 0.6, probability: 0.5 },
    { word: ' so', tokens: tokens.slice(3), start: 0.6, end: 0.8, probability: 0.5 },
  ]);
});

test('a single word ends where eot is predicted, not with the audio', () => {
  const tokens = tokenizers.gpt2.encode(' so');
  const words = findAlignment({ tokens, probabilities: [0.5], cost: staircase(2, 10) }, tokenizers.gpt2, 'en');
  expect(words).toEqual([{ word: ' so', tokens, start: 0, end: 0.2, probability: 0.5 }]);
});

test('a language without spaces is split at characters', () => {
  const { multilingual } = tokenizers;
  const tokens = multilingual.encode('今天天气');
  const text = { tokens, probabilities: tokens.map(() => 1), cost: staircase(tokens.length + 1, 5) };
  const split = (language: string) => findAlignment(text, multilingual, language).map(({ word }) => word);
  expect(split('zh').length).toBeGreaterThan(1);
  expect(split('en')).toEqual(['今天天气']);
});

test('no text gives no words', () => {
  expect(findAlignment({ tokens: [], probabilities: [], cost: new Float32Array(0) }, tokenizers.gpt2, 'en')).toEqual(
    [],
  );
});

test('in a window of one frame, or less, all words are at -0.02, as in openai’s code', () => {
  const tokens = tokenizers.gpt2.encode(' I am');
  for (const cost of [new Float32Array(0), new Float32Array(3).fill(Number.NaN)]) {
    const words = findAlignment({ tokens, probabilities: [1, 1], cost }, tokenizers.gpt2, 'en');
    // biome-ignore format: pairs
    expect(words.map(({ start, end }) => [start, end])).toEqual([[-0.02, -0.02], [-0.02, -0.02]]);
  }
});

test('sizes that do not fit are refused', () => {
  const tokens = [1, 2];
  const find = (probabilities: number[], cost: number) =>
    findAlignment({ tokens, probabilities, cost: new Float32Array(cost) }, tokenizers.gpt2, 'en');
  expect(() => find([1], 9)).toThrow(OptionError);
  expect(() => find([1, 1], 10)).toThrow(/expected probabilities of 2 tokens and cost of 3 rows, got 2 and 10 values/);
});
