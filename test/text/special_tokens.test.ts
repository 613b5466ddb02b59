// Rung: pure. Special ids, languages and sot sequences against openai/whisper's.

import { expect, test } from 'vitest';
import { ModelFileError, OptionError } from '../../src/errors.ts';
import { LANGUAGES, languageCode } from '../../src/text/languages.ts';
import { specialVocabulary } from '../../src/text/special_tokens.ts';
import { loadTokenizer, type Task } from '../../src/text/tokenizer.ts';
import { goldenJson } from '../support/goldens.ts';
import { tokenizerJson, tokenizers, type VocabularyName } from './fixtures/goldens.ts';

interface Goldens {
  readonly sot_sequences: readonly {
    num_languages: number;
    language: string | null;
    task: Task | null;
    sot_sequence: number[];
    including_notimestamps: number[];
  }[];
  readonly special_tokens: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly languages: Readonly<Record<string, string>>;
  readonly language_aliases: Readonly<Record<string, string>>;
  readonly named: Readonly<Record<VocabularyName, Readonly<Record<string, number>>>>;
}

const goldens = goldenJson<Goldens>('tokenizer.json');
const v3 = loadTokenizer(tokenizerJson('multilingual'), { n_vocab: 51866 });

test.each([
  ['gpt2', 51864],
  ['multilingual', 51865],
  ['multilingual_100_languages', 51866],
])('%s has every special token at its id', (name, n_vocab) => {
  const { ids, texts } = specialVocabulary(n_vocab);
  const expected = Object.entries(goldens.special_tokens[name]!);
  expect(texts.map((text, index) => [text, ids.eot + index])).toEqual(expected);
  expect(ids.eot + texts.length).toBe(n_vocab);
});

test('named ids are those of the goldens', () => {
  for (const name of ['gpt2', 'multilingual'] as const) expect(tokenizers[name]).toMatchObject(goldens.named[name]);
  expect(v3).toMatchObject({ translate: 50359, no_speech: 50363, timestamp_begin: 50365 });
  expect(tokenizers.gpt2.isMultilingual).toBe(false);
  expect(tokenizers.multilingual.isMultilingual).toBe(true);
});

test('sot sequences are those of the goldens', () => {
  for (const { num_languages, language, task, sot_sequence, including_notimestamps } of goldens.sot_sequences) {
    const tokenizer = language === null ? tokenizers.gpt2 : num_languages === 100 ? v3 : tokenizers.multilingual;
    const sequence = tokenizer.sotSequence({ language: language ?? 'en', task: task ?? 'transcribe' });
    expect(sequence).toEqual(sot_sequence);
    expect([...sequence, tokenizer.no_timestamps]).toEqual(including_notimestamps);
  }
});

test('languages go by code, name and alias', () => {
  expect(Object.fromEntries(LANGUAGES)).toEqual(goldens.languages);
  for (const [code, name] of LANGUAGES) {
    expect(languageCode(code)).toBe(code);
    expect(languageCode(name.toUpperCase())).toBe(code);
  }
  for (const [alias, code] of Object.entries(goldens.language_aliases)) expect(languageCode(alias)).toBe(code);
  expect(() => languageCode('klingon')).toThrow(OptionError);
  expect(() => languageCode('__proto__')).toThrow(OptionError);
});

test('a language or task the model lacks is refused', () => {
  expect(v3.languageToken('Cantonese')).toBe(50358);
  expect(() => tokenizers.multilingual.languageToken('yue')).toThrow(/expected one of the 99 of this model/);
  expect(() => tokenizers.gpt2.sotSequence({ language: 'fr', task: 'transcribe' })).toThrow(OptionError);
  expect(() => tokenizers.gpt2.sotSequence({ language: 'en', task: 'translate' })).toThrow(OptionError);
});

test('a vocabulary of another size is refused', () => {
  for (const n_vocab of [0, 51863, 51867, 51864.5, Number.NaN]) {
    expect(() => specialVocabulary(n_vocab), String(n_vocab)).toThrow(ModelFileError);
  }
});
