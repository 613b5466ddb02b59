// Text tokens as bytes: from the two forms models carry them in, a Hugging Face tokenizer.json or a ggml vocabulary.
// Merge lists are not read: OpenAI's tokenizer merges by rank, which is the id. The list in the published multilingual
// tokenizer.json lacks its first line, so that words like " transform" come out in other tokens than Whisper learned.

import { ModelFileError } from '../errors.ts';

/** Bytes of each token in the order of ids, as whisper.cpp files hold them, or a parsed tokenizer.json. */
export type TokenizerSource = readonly Uint8Array[] | Readonly<Record<string, unknown>>;

/** Bytes are written as one char (0..255) each: such strings can be joined and be keys. */
export interface Vocabulary {
  /** Bytes by id, text tokens only. */
  readonly tokens: readonly string[];
  /** Id by bytes. The lower the id, the earlier a merge that gives this token. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** Bytes as the vocabulary writes them. */
export function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The bytes that `text` stands for. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/**
 * The first `size` tokens of `source`; what follows in it are special tokens, whose ids the engine knows by rule.
 * Throws ModelFileError when a token is missing, or any of the 256 single bytes.
 */
export function loadVocabulary(source: TokenizerSource, size: number): Vocabulary {
  const tokens = isList(source) ? source.slice(0, size).map(byteString) : tokensOfJson(source, size);
  const ranks = new Map<string, number>();
  for (let id = 0; id < size; id++) {
    const token = tokens[id];
    if (token === undefined) {
      throw new ModelFileError(`tokenizer: expected ${size} text tokens because of n_vocab, got none for id ${id}`);
    }
    ranks.set(token, id);
  }
  for (let byte = 0; byte < 256; byte++) {
    if (ranks.has(String.fromCharCode(byte))) continue;
    throw new ModelFileError(`tokenizer: expected a token for every single byte, got none for byte ${byte}`);
  }
  return { tokens, ranks };
}

function isList(source: TokenizerSource): source is readonly Uint8Array[] {
  return Array.isArray(source);
}

/** `model.vocab` of a byte-level BPE tokenizer.json: token text to id. */
function tokensOfJson(json: Readonly<Record<string, unknown>>, size: number): string[] {
  const model = json['model'];
  const vocab = typeof model === 'object' && model !== null && 'vocab' in model ? model.vocab : undefined;
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) {
    throw new ModelFileError('tokenizer.json: expected an object at model.vocab because Whisper uses BPE, got none');
  }
  const tokens: string[] = [];
  for (const [text, id] of Object.entries(vocab)) {
    if (typeof id === 'number' && id < size) tokens[id] = unprintable(text);
  }
  return tokens;
}

// GPT-2 writes bytes that do not print as code points from 256 on, in the order of the bytes.
const BYTE_OF_CODE: readonly (number | undefined)[] = (() => {
  const table: number[] = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const prints = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    table[prints ? byte : next++] = byte;
  }
  return table;
})();

/** Bytes of a token from GPT-2's printable form of it. */
function unprintable(text: string): string {
  let bytes = '';
  for (let i = 0; i < text.length; i++) {
    const byte = BYTE_OF_CODE[text.charCodeAt(i)];
    if (byte === undefined) {
      throw new ModelFileError(`tokenizer.json: expected byte-level tokens in model.vocab, got '${text}'`);
    }
    bytes += String.fromCharCode(byte);
  }
  return bytes;
}
