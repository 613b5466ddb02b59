// OpenAI's normaliser for any language: lower case, no punctuation, one space between words.
// Source: openai/whisper normalizers/basic.py.

import { collapseSpace } from '../../python.ts';

/** Letters with a stroke and the like, which Unicode does not decompose. Those of upper case are what NFKD leaves. */
const PLAIN_LETTERS: ReadonlyMap<string, string> = new Map([
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['ß', 'ss'],
  ['ẞ', 'SS'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ð', 'd'],
  ['Ð', 'D'],
  ['þ', 'th'],
  ['Þ', 'th'],
  ['ł', 'l'],
  ['Ł', 'L'],
]);

export interface BasicOptions {
  /** Turn é into e as well; otherwise accents stay where a letter with its accent is one code point. */
  readonly removeDiacritics?: boolean;
  /** Put a space between all letters, to measure errors by character. */
  readonly splitLetters?: boolean;
}

/** The normal form of `text`; white space at either end becomes one space, as OpenAI's does. */
export function normalizeBasic(text: string, { removeDiacritics, splitLetters }: BasicOptions = {}): string {
  const bare = removeBracketed(text.toLowerCase());
  const clean = (removeDiacritics ? removeSymbolsAndDiacritics(bare) : removeSymbols(bare)).toLowerCase();
  return collapseSpace(splitLetters ? letters(clean).join(' ') : clean);
}

/** Drop what stands in <>, [] or (). */
export function removeBracketed(text: string): string {
  return text.replace(/[<[][^>\]]*[>\]]/g, '').replace(/\([^)]+?\)/g, '');
}

/** Decompose; then marks go, other symbols and punctuation become spaces, but for the characters of `keep`. */
export function removeSymbolsAndDiacritics(text: string, keep = ''): string {
  return text.normalize('NFKD').replace(/[\p{M}\p{S}\p{P}]|[œŒøØæÆßẞđĐðÐþÞłŁ]/gu, (char) => {
    if (keep.includes(char)) return char;
    return PLAIN_LETTERS.get(char) ?? (/\p{Mn}/u.test(char) ? '' : ' ');
  });
}

function removeSymbols(text: string): string {
  return text.normalize('NFKC').replace(/[\p{M}\p{S}\p{P}]/gu, ' ');
}

function letters(text: string): string[] {
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
}
