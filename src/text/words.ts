// Tokens into words, for word timestamps. Source: openai/whisper tokenizer.py, split_to_word_tokens.

import { strip } from '../python.ts';

/** Words and, for each, its token ids; both join back to the whole. */
export interface WordTokens {
  readonly words: string[];
  readonly wordTokens: number[][];
}

/** What splitting needs to know of a tokenizer. `decode` writes special tokens out. */
export interface TokenText {
  readonly eot: number;
  decode(ids: readonly number[]): string;
}

const NO_SPACES: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue']);
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'; // Python's string.punctuation
const REPLACEMENT = '\ufffd';

/** Split by what the language code `language` does: at spaces, or wherever characters are whole. */
export function splitToWordTokens(ids: readonly number[], language: string | undefined, text: TokenText): WordTokens {
  return language !== undefined && NO_SPACES.has(language) ? splitOnUnicode(ids, text) : splitOnSpaces(ids, text);
}

/** Shortest runs of tokens that decode to whole characters. */
function splitOnUnicode(ids: readonly number[], text: TokenText): WordTokens {
  const whole = text.decode(ids);
  const words: string[] = [];
  const wordTokens: number[][] = [];
  let current: number[] = [];
  let offset = 0; // of the current word in `whole`
  for (const id of ids) {
    current.push(id);
    const decoded = text.decode(current);
    const at = decoded.indexOf(REPLACEMENT);
    // A replacement character that the whole text has at the same place stands for bytes that are no UTF-8 at all.
    if (at >= 0 && whole[offset + at] !== REPLACEMENT) continue;
    words.push(decoded);
    wordTokens.push(current);
    current = [];
    offset += decoded.length;
  }
  if (current.length > 0) {
    // Only after malformed bytes, where OpenAI's loop loses these tokens or fails.
    words.push(text.decode(current));
    wordTokens.push(current);
  }
  return { words, wordTokens };
}

/** Words begin at a space; ASCII punctuation and special tokens are words by themselves. */
function splitOnSpaces(ids: readonly number[], text: TokenText): WordTokens {
  const pieces = splitOnUnicode(ids, text);
  const words: string[] = [];
  const wordTokens: number[][] = [];
  for (const [index, piece] of pieces.words.entries()) {
    const tokens = pieces.wordTokens[index]!;
    // A substring test, as in OpenAI's code: ")." is not punctuation, "()" and the empty string are.
    const isPunctuation = PUNCTUATION.includes(strip(piece));
    if (tokens[0]! >= text.eot || piece.startsWith(' ') || isPunctuation || words.length === 0) {
      words.push(piece);
      wordTokens.push(tokens);
    } else {
      words[words.length - 1] += piece;
      wordTokens.at(-1)!.push(...tokens);
    }
  }
  return { words, wordTokens };
}
