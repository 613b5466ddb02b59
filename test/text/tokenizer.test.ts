// Rung: pure. The tokenizer against openai/whisper's, both vocabularies, on every golden string and id list.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { goldenJson } from '../support/goldens.ts';
import { tokenizers, type VocabularyName } from './fixtures/goldens.ts';

interface Encoded {
  readonly ids: number[] | null; // null: refused
  readonly decoded: string | null;
  readonly error?: string;
  readonly ids_as_plain_text?: number[];
}
interface Goldens {
  readonly strings: readonly ({ readonly text: string } & Readonly<Record<VocabularyName, Encoded>>)[];
  readonly decode: readonly {
    tokenizer: VocabularyName;
    ids: number[];
    decode: string;
    decode_with_timestamps: string;
  }[];
  readonly split_to_word_tokens: readonly {
    tokenizer: VocabularyName;
    language: string;
    ids: number[];
    words: string[];
    word_tokens: number[][];
  }[];
  readonly non_speech_tokens: Readonly<Record<VocabularyName, number[]>>;
}

const goldens = goldenJson<Goldens>('tokenizer.json');
const names = ['gpt2', 'multilingual'] as const;

test.each(names)('%s encodes and decodes every golden string', (name) => {
  const { encode, decode } = tokenizers[name];
  let plain = 0;
  for (const golden of goldens.strings) {
    const { ids, decoded } = golden[name];
    if (ids === null) continue;
    expect(encode(golden.text), golden.text).toEqual(ids);
    expect(decode(ids), golden.text).toBe(decoded);
    plain++;
  }
  expect(plain).toBe(56);
});

test.each(names)('%s refuses text with special tokens, and encodes it when told that it is plain', (name) => {
  const { encode } = tokenizers[name];
  const refused = goldens.strings.filter((golden) => golden[name].error !== undefined);
  expect(refused.length).toBe(4);
  for (const golden of refused) {
    expect(() => encode(golden.text), golden.text).toThrow(OptionError);
    expect(encode(golden.text, { specialText: 'plain' }), golden.text).toEqual(golden[name].ids_as_plain_text);
  }
  expect(encode('<|xx|><|0.01|><| en|>').length).toBeGreaterThan(0); // like special tokens, but none
});

test('ids decode as in the goldens, with and without timestamps', () => {
  for (const { tokenizer, ids, decode, decode_with_timestamps } of goldens.decode) {
    expect(tokenizers[tokenizer].decode(ids)).toBe(decode);
    expect(tokenizers[tokenizer].decodeWithTimestamps(ids)).toBe(decode_with_timestamps);
  }
});

test('an id outside the vocabulary is refused', () => {
  for (const id of [-1, 0.5, Number.NaN, 51864]) {
    expect(() => tokenizers.gpt2.decodeWithTimestamps([id]), String(id)).toThrow(/expected ids in 0\.\.51863, got/);
  }
});

test('words split as in the goldens', () => {
  for (const { tokenizer, language, ids, words, word_tokens } of goldens.split_to_word_tokens) {
    expect(tokenizers[tokenizer].splitToWordTokens(ids, language)).toEqual({ words, wordTokens: word_tokens });
  }
});

test('words of any ids, malformed bytes too, join back to them', () => {
  const { splitToWordTokens, eot } = tokenizers.multilingual;
  const ids = fc.array(fc.oneof(fc.nat({ max: 255 }), fc.nat({ max: 50256 }), fc.constant(eot)), { maxLength: 30 });
  fc.assert(
    fc.property(ids, fc.constantFrom('en', 'ja'), (list, language) => {
      expect(splitToWordTokens(list, language).wordTokens.flat()).toEqual(list);
    }),
  );
});

test('words of any text are what their tokens decode to', () => {
  const { splitToWordTokens, decode, encode } = tokenizers.multilingual;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('en', 'ja'), (text, language) => {
      const { words, wordTokens } = splitToWordTokens(encode(text, { specialText: 'plain' }), language);
      expect(words).toEqual(wordTokens.map(decode));
      expect(words.join('')).toBe(text);
    }),
  );
});

test.each(names)('%s has the non-speech tokens of the goldens', (name) => {
  expect(tokenizers[name].nonSpeechTokens).toEqual(goldens.non_speech_tokens[name]);
});

test('merges follow the ranks, also where the published merge list has a gap', () => {
  // Made by tiktoken with openai/whisper's multilingual ranks; from the merge list " transforming" is 220, 24999.
  expect(tokenizers.multilingual.encode(' architecture transforming principal')).toEqual([9482, 27210, 9716]);
});

test.each(names)('%s gives back any text it encoded', (name) => {
  const { encode, decode } = tokenizers[name];
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(decode(encode(text, { specialText: 'plain' }))).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('a word without breaks is encoded whole, however long', () => {
  const { encode, decode } = tokenizers.gpt2;
  const text = Array.from({ length: 200_000 }, (_, i) => String.fromCharCode(97 + ((i * 7919) % 26))).join('');
  expect(decode(encode(text))).toBe(text);
});

test('a text stream gives what decode gives, and only whole characters', () => {
  const { textStream, decode, encode } = tokenizers.multilingual;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 51864 }), { maxLength: 40 }), (ids) => {
      const stream = textStream();
      expect(ids.map(stream.push).join('') + stream.end()).toBe(decode(ids));
    }),
  );
  const stream = textStream();
  const pieces = encode('🙂👍🏽 今').map(stream.push);
  expect(pieces.join('')).toBe('🙂👍🏽 今');
  expect(pieces.join('')).not.toContain('\ufffd');
  expect(pieces).toContain('');
});
