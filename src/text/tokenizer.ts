// The tokenizer: text to ids and back, special tokens, languages, words. Source: openai/whisper tokenizer.py.

import { OptionError } from '../errors.ts';
import { encodeBpe } from './bpe.ts';
import { languageCode } from './languages.ts';
import { nonSpeechTokens } from './non_speech.ts';
import { type Language, type SpecialTokens, specialVocabulary } from './special_tokens.ts';
import { bytesOf, loadVocabulary, type TokenizerSource } from './vocabulary.ts';
import { splitToWordTokens, type WordTokens } from './words.ts';

export type Task = 'transcribe' | 'translate';

/** Text of tokens that come one by one: characters are held back until their last byte is there. */
export interface TextStream {
  /** Text that `id` completes, often none. Timestamps and ids above give none. */
  push(id: number): string;
  /** What is left at the end: nothing, or U+FFFD for a character cut short. */
  end(): string;
}

/** Ids of special tokens are members by OpenAI's names: `eot`, `sot`, `timestamp_begin` and so on. */
export interface Tokenizer extends SpecialTokens {
  readonly n_vocab: number;
  readonly isMultilingual: boolean;
  /** In the order of their ids. */
  readonly languages: readonly Language[];
  /** What `suppress_tokens` "-1" stands for, in rising order. */
  readonly nonSpeechTokens: readonly number[];
  /**
   * Ids of plain text. Throws OptionError when it holds the text of a special token, as OpenAI's does, unless
   * `specialText` is 'plain': then that text is encoded as any other.
   */
  encode(text: string, options?: { readonly specialText?: 'refuse' | 'plain' }): number[];
  /** Text of `ids` without timestamps; other special tokens are written out. */
  decode(ids: readonly number[]): string;
  /** As decode, with timestamps written as `<|1.08|>`. */
  decodeWithTimestamps(ids: readonly number[]): string;
  /** Bytes of one token, `<|...|>` for a special one. Throws OptionError for an id outside the vocabulary. */
  tokenBytes(id: number): Uint8Array;
  textStream(): TextStream;
  /** Id of a language token, by code, name or alias. Throws OptionError for a language the model lacks. */
  languageToken(language: string): number;
  /** `[sot, language, task]`, or `[sot]` of an English-only model, which takes nothing but English transcription. */
  sotSequence(options: { readonly language: string; readonly task: Task }): number[];
  /** Words of `ids`: at spaces, or at whole characters in languages written without them. */
  splitToWordTokens(ids: readonly number[], language?: string): WordTokens;
}

/**
 * The tokenizer of a model with `n_vocab` tokens, from its parsed tokenizer.json or its ggml vocabulary.
 * Throws ModelFileError when `n_vocab` is no Whisper's or the vocabulary does not hold all text tokens.
 */
export function loadTokenizer(source: TokenizerSource, { n_vocab }: { readonly n_vocab: number }): Tokenizer {
  const { ids, isMultilingual, languages, texts } = specialVocabulary(n_vocab);
  const { tokens, ranks } = loadVocabulary(source, ids.eot);
  const specialTexts = new Set(texts);
  const bytes = (id: number): string => {
    const token = id < ids.eot ? tokens[id] : texts[id - ids.eot];
    if (token !== undefined) return token;
    throw new OptionError(`tokenizer: expected ids in 0..${n_vocab - 1}, got ${id}`);
  };
  const tokenBytes = (id: number) => bytesOf(bytes(id));
  const decodeWithTimestamps = (list: readonly number[]) => newDecoder().decode(bytesOf(list.map(bytes).join('')));
  return {
    ...ids,
    n_vocab,
    isMultilingual,
    languages,
    nonSpeechTokens: nonSpeechTokens((text) => encodeBpe(text, ranks)),
    encode(text, { specialText = 'refuse' } = {}) {
      if (specialText === 'refuse') refuseSpecialText(text, specialTexts);
      return encodeBpe(text, ranks);
    },
    decode: (list) => decodeWithTimestamps(list.filter((id) => id < ids.timestamp_begin)),
    decodeWithTimestamps,
    tokenBytes,
    textStream: () => textStream(tokenBytes, ids.timestamp_begin),
    languageToken: (language) => languageToken(language, languages),
    sotSequence: (options) => (isMultilingual ? multilingualSot(options, ids, languages) : englishSot(options, ids)),
    splitToWordTokens: (list, language) =>
      splitToWordTokens(list, language === undefined ? undefined : languageCode(language), {
        eot: ids.eot,
        decode: decodeWithTimestamps,
      }),
  };
}

/** Malformed bytes become U+FFFD; a byte order mark is text like any other. */
function newDecoder() {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

function textStream(tokenBytes: (id: number) => Uint8Array, timestampBegin: number): TextStream {
  const decoder = newDecoder();
  return {
    push: (id) => (id < timestampBegin ? decoder.decode(tokenBytes(id), { stream: true }) : ''),
    end: () => decoder.decode(),
  };
}

function refuseSpecialText(text: string, specialTexts: ReadonlySet<string>): void {
  for (const [candidate] of text.matchAll(/<\|[a-z0-9.]+\|>/g)) {
    if (!specialTexts.has(candidate)) continue;
    throw new OptionError(`encode: expected plain text because special tokens are not text, got '${candidate}' in it`);
  }
}

function languageToken(language: string, languages: readonly Language[]): number {
  const code = languageCode(language);
  const known = languages.find((one) => one.code === code);
  if (known) return known.id;
  throw new OptionError(`language: expected one of the ${languages.length} of this model, got '${language}'`);
}

interface SotOptions {
  readonly language: string;
  readonly task: Task;
}

function multilingualSot(options: SotOptions, ids: SpecialTokens, languages: readonly Language[]): number[] {
  return [ids.sot, languageToken(options.language, languages), ids[options.task]];
}

function englishSot({ language, task }: SotOptions, ids: SpecialTokens): number[] {
  if (languageCode(language) === 'en' && task === 'transcribe') return [ids.sot];
  throw new OptionError(
    `tokenizer: expected language 'en' and task 'transcribe' because the model is English only, got '${language}', '${task}'`,
  );
}
