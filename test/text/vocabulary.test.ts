// Rung: pure. Vocabularies from tokenizer.json and from a ggml file's list, and broken ones.

import { expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { goldenJson } from '../support/goldens.ts';
import { tokenizerJson, tokenizers, type VocabularyName } from './fixtures/goldens.ts';

const sizes = { gpt2: 51864, multilingual: 51865 } as const;

/** The tokens as whisper.cpp stores them. */
function ggmlVocab(name: VocabularyName): Uint8Array[] {
  const { eot, tokenBytes } = tokenizers[name];
  return Array.from({ length: eot }, (_, id) => tokenBytes(id));
}

test.each(['gpt2', 'multilingual'] as const)('%s from a list of tokens is the tokenizer from JSON', (name) => {
  const { strings } = goldenJson<{ strings: ({ text: string } & Record<VocabularyName, { ids: number[] | null }>)[] }>(
    'tokenizer.json',
  );
  const vocab = ggmlVocab(name);
  // Some converters write the text of special tokens after the vocabulary.
  for (const list of [vocab, [...vocab, new TextEncoder().encode('<|endoftext|>')]]) {
    const { encode, decode } = loadTokenizer(list, { n_vocab: sizes[name] });
    for (const { text, ...golden } of strings) {
      const { ids } = golden[name];
      if (ids === null) continue; // refused as special
      expect(encode(text)).toEqual(ids);
      expect(decode(ids)).toBe(tokenizers[name].decode(ids));
    }
  }
});

test('a list that lacks tokens or single bytes is refused', () => {
  const vocab = ggmlVocab('gpt2');
  expect(() => loadTokenizer(vocab.slice(0, -1), { n_vocab: 51864 })).toThrow(/got none for id 50255/);
  expect(() => loadTokenizer(vocab, { n_vocab: 51865 })).toThrow(/expected 50257 text tokens because of n_vocab/);
  const noBytes = vocab.map((token, id) => (id === 0 ? new Uint8Array([33, 33, 33]) : token));
  expect(() => loadTokenizer(noBytes, { n_vocab: 51864 })).toThrow(/got none for byte 33/);
});

test('JSON that is no byte-level BPE tokenizer is refused', () => {
  const { vocab } = tokenizerJson('gpt2').model;
  const broken = [
    {},
    { model: null },
    { model: { vocab: ['a'] } },
    { model: { vocab: {} } },
    { model: { vocab: { ...vocab, 漢: 7 } } }, // no byte is written so
    { model: { vocab: { ...vocab, '!': '0' } } }, // id 0 is gone
  ];
  for (const json of broken) expect(() => loadTokenizer(json, { n_vocab: 51864 })).toThrow(ModelFileError);
});
