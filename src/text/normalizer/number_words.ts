// The words numbers are spoken in, and what each does to a number. Source: openai/whisper normalizers/english.py.

/** What a word does; `suffix` is written after the number it ends: "th", "s". */
export type NumberWord =
  | { readonly kind: 'zero' }
  | { readonly kind: 'one' | 'ten'; readonly value: number; readonly suffix?: string }
  | { readonly kind: 'multiplier'; readonly value: bigint; readonly suffix?: string }
  | { readonly kind: 'sign' | 'currency'; readonly symbol: string }
  | { readonly kind: 'per' | 'percent' | 'and' | 'point' }
  | { readonly kind: 'repeat'; readonly times: number };

const ZEROS = ['o', 'oh', 'zero'];
const ONES =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
// Each a thousand times the one before; "hundred" comes by itself.
const THOUSANDS =
  'thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion'.split(
    ' ',
  );
const IRREGULAR_ORDINALS: readonly (readonly [word: string, value: number, suffix: string])[] = [
  ['zeroth', 0, 'th'],
  ['first', 1, 'st'],
  ['second', 2, 'nd'],
  ['third', 3, 'rd'],
  ['fifth', 5, 'th'],
  ['twelfth', 12, 'th'],
];
const SYMBOLS: readonly (readonly [symbol: string, kind: 'sign' | 'currency', words: string])[] = [
  ['-', 'sign', 'minus negative'],
  ['+', 'sign', 'plus positive'],
  ['£', 'currency', 'pound pounds'],
  ['€', 'currency', 'euro euros'],
  ['$', 'currency', 'dollar dollars'],
  ['¢', 'currency', 'cent cents'],
];

/** Signs and currencies that may stand before a number in digits. */
export const PREFIXES: ReadonlySet<string> = new Set(SYMBOLS.map(([symbol]) => symbol));

/** Everything known of a word, lower case; undefined for one that is no number word. */
export const NUMBER_WORDS: ReadonlyMap<string, NumberWord> = new Map<string, NumberWord>([
  ...ZEROS.map((word): [string, NumberWord] => [word, { kind: 'zero' }]),
  ...ONES.flatMap((word, index) => oneWords(word, index + 1)),
  ...IRREGULAR_ORDINALS.map(([word, value, suffix]): [string, NumberWord] => [word, { kind: 'one', value, suffix }]),
  ...TENS.flatMap((word, index) => tenWords(word, 10 * (index + 2))),
  ...multiplierWords('hundred', 100n),
  ...THOUSANDS.flatMap((word, index) => multiplierWords(word, 1000n ** BigInt(index + 1))),
  ...SYMBOLS.flatMap(([symbol, kind, words]) =>
    words.split(' ').map((word): [string, NumberWord] => [word, { kind, symbol }]),
  ),
  ['per', { kind: 'per' }],
  ['percent', { kind: 'percent' }],
  ['and', { kind: 'and' }],
  ['point', { kind: 'point' }],
  ['double', { kind: 'repeat', times: 2 }],
  ['triple', { kind: 'repeat', times: 3 }],
]);

/** "six", "sixes", "sixth". */
function oneWords(word: string, value: number): [string, NumberWord][] {
  const words: [string, NumberWord][] = [
    [word, { kind: 'one', value }],
    [word === 'six' ? 'sixes' : `${word}s`, { kind: 'one', value, suffix: 's' }],
  ];
  const regular = value > 3 && value !== 5 && value !== 12;
  if (regular) words.push([`${word}${word.endsWith('t') ? 'h' : 'th'}`, { kind: 'one', value, suffix: 'th' }]);
  return words;
}

/** "sixty", "sixties", "sixtieth". */
function tenWords(word: string, value: number): [string, NumberWord][] {
  return [
    [word, { kind: 'ten', value }],
    [word.replace('y', 'ies'), { kind: 'ten', value, suffix: 's' }],
    [word.replace('y', 'ieth'), { kind: 'ten', value, suffix: 'th' }],
  ];
}

/** "million", "millions", "millionth". */
function multiplierWords(word: string, value: bigint): [string, NumberWord][] {
  return [
    [word, { kind: 'multiplier', value }],
    [`${word}s`, { kind: 'multiplier', value, suffix: 's' }],
    [`${word}th`, { kind: 'multiplier', value, suffix: 'th' }],
  ];
}
