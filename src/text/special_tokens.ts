// Ids and texts of the special tokens, by rule from the size of the vocabulary. Source: openai/whisper tokenizer.py.

import { ModelFileError } from '../errors.ts';
import { LANGUAGES } from './languages.ts';

/** Ids of the special tokens by OpenAI's names; every id from `timestamp_begin` on is a timestamp, 0.02 s apart. */
export interface SpecialTokens {
  readonly eot: number;
  readonly sot: number;
  readonly translate: number;
  readonly transcribe: number;
  readonly sot_lm: number;
  readonly sot_prev: number;
  readonly no_speech: number;
  readonly no_timestamps: number;
  readonly timestamp_begin: number;
}

/** A language of one model: `id` is its token. */
export interface Language {
  readonly code: string;
  readonly name: string;
  readonly id: number;
}

/** What the size of a vocabulary tells about it. */
export interface SpecialVocabulary {
  readonly isMultilingual: boolean;
  readonly ids: SpecialTokens;
  /** In the order of their ids, which follow `sot`. English-only models have these tokens too, and never use them. */
  readonly languages: readonly Language[];
  /** `<|endoftext|>` and so on, by id - eot, up to the last timestamp `<|30.00|>`. */
  readonly texts: readonly string[];
}

const N_TIMESTAMPS = 1501; // 0.00 to 30.00 s
const SMALLEST = 51864; // 50256 text tokens, 99 languages

/**
 * Special tokens of a model with `n_vocab` tokens: 51864 (English only), 51865 (99 languages) or 51866 (100).
 * Throws ModelFileError for any other size, as the ids cannot be told then.
 */
export function specialVocabulary(n_vocab: number): SpecialVocabulary {
  if (!Number.isInteger(n_vocab) || n_vocab < SMALLEST || n_vocab > SMALLEST + 2) {
    throw new ModelFileError(
      `tokenizer: expected n_vocab 51864, 51865 or 51866 because special ids follow from it, got ${n_vocab}`,
    );
  }
  const isMultilingual = n_vocab > SMALLEST;
  const eot = isMultilingual ? 50257 : 50256; // = number of text tokens
  const languages = LANGUAGES.slice(0, n_vocab === SMALLEST + 2 ? 100 : 99).map(([code, name], index) => ({
    code,
    name,
    id: eot + 2 + index,
  }));
  const translate = eot + 2 + languages.length;
  const ids: SpecialTokens = {
    eot,
    sot: eot + 1,
    translate,
    transcribe: translate + 1,
    sot_lm: translate + 2,
    sot_prev: translate + 3,
    no_speech: translate + 4,
    no_timestamps: translate + 5,
    timestamp_begin: translate + 6,
  };
  const names = [
    'endoftext',
    'startoftranscript',
    ...languages.map(({ code }) => code),
    ...['translate', 'transcribe', 'startoflm', 'startofprev', 'nospeech', 'notimestamps'],
    ...Array.from({ length: N_TIMESTAMPS }, (_, index) => (index * 0.02).toFixed(2)),
  ];
  return { isMultilingual, ids, languages, texts: names.map((name) => `<|${name}|>`) };
}
