// OpenAI's normaliser for English: contractions and titles written out, numbers in digits, American spelling.
// Source: openai/whisper normalizers/english.py.

import { collapseSpace, SPACE, splitSpace } from '../../python.ts';
import { removeBracketed, removeSymbolsAndDiacritics } from './basic.ts';
import { normalizeNumbers } from './numbers.ts';
import { wholeWords, wordEnds } from './patterns.ts';
import { AMERICAN_SPELLINGS } from './spellings.ts';

const FILLERS = wholeWords('(?:hmm|mm|mhm|mmm|uh|um)');
const SPACE_BEFORE_APOSTROPHE = new RegExp(`${SPACE}+'`, 'gu');

const CONTRACTIONS: readonly (readonly [string, string])[] = [
  ["won't", 'will not'],
  ["can't", 'can not'],
  ["let's", 'let us'],
  ["ain't", 'aint'],
  ["y'all", 'you all'],
  ['wanna', 'want to'],
  ['gotta', 'got to'],
  ['gonna', 'going to'],
  ["i'ma", 'i am going to'],
  ['imma', 'i am going to'],
  ['woulda', 'would have'],
  ['coulda', 'could have'],
  ['shoulda', 'should have'],
  ["ma'am", 'madam'],
];

const TITLES: readonly (readonly [string, string])[] = [
  ['mr', 'mister'],
  ['mrs', 'missus'],
  ['st', 'saint'],
  ['dr', 'doctor'],
  ['prof', 'professor'],
  ['capt', 'captain'],
  ['gov', 'governor'],
  ['ald', 'alderman'],
  ['gen', 'general'],
  ['sen', 'senator'],
  ['rep', 'representative'],
  ['pres', 'president'],
  ['rev', 'reverend'],
  ['hon', 'honorable'],
  ['asst', 'assistant'],
  ['assoc', 'associate'],
  ['lt', 'lieutenant'],
  ['col', 'colonel'],
  ['jr', 'junior'],
  ['sr', 'senior'],
  ['esq', 'esquire'],
];

// Longer endings first: "'s been" before "'s". Participles other than these would need a grammar.
const ENDINGS: readonly (readonly [string, string])[] = [
  ["'d been", ' had been'],
  ["'s been", ' has been'],
  ["'d gone", ' had gone'],
  ["'s gone", ' has gone'],
  ["'d done", ' had done'],
  ["'s got", ' has got'],
  ["n't", ' not'],
  ["'re", ' are'],
  ["'s", ' is'],
  ["'d", ' would'],
  ["'ll", ' will'],
  ["'t", ' not'],
  ["'ve", ' have'],
  ["'m", ' am'],
];

const REPLACERS: readonly (readonly [RegExp, string])[] = [
  ...CONTRACTIONS.map(([short, long]) => [wholeWords(short), long] as const),
  ...TITLES.map(([short, long]) => [wholeWords(short), `${long} `] as const),
  ...ENDINGS.map(([short, long]) => [wordEnds(short), long] as const),
];

/** The normal form of an English `text`, for comparison by word error rate. */
export function normalizeEnglish(text: string): string {
  let normal = removeBracketed(text.toLowerCase());
  normal = normal.replace(FILLERS, '').replace(SPACE_BEFORE_APOSTROPHE, "'");
  for (const [pattern, replacement] of REPLACERS) normal = normal.replace(pattern, replacement);
  normal = normal.replace(/(\p{Nd}),(\p{Nd})/gu, '$1$2'); // commas within numbers
  normal = normal.replace(/\.([^0-9]|$)/g, ' $1'); // periods that begin no decimals
  normal = removeSymbolsAndDiacritics(normal, '.%$¢€£');
  normal = normalizeNumbers(normal);
  normal = splitSpace(normal)
    .map((word) => AMERICAN_SPELLINGS.get(word) ?? word)
    .join(' ');
  // Symbols of money and percent that stand by no number.
  normal = normal.replace(/[.$¢€£]([^0-9])/g, ' $1').replace(/([^0-9])%/g, '$1 ');
  return collapseSpace(normal);
}
