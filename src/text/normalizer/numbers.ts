// Spoken numbers into digits: "two hundred and five dollars" -> "$205", "nineteen eighty-four" -> "1984".
// Source: openai/whisper normalizers/english.py, EnglishNumberNormalizer; its oddities are kept, so that texts compare.

import { SPACE, splitSpace } from '../../python.ts';
import { fraction, timesWhole } from './decimals.ts';
import { NUMBER_WORDS, type NumberWord, PREFIXES } from './number_words.ts';
import { wholeWords, wordEnds } from './patterns.ts';

const NUMERIC = /^\p{Nd}+(\.\p{Nd}+)?$/u;
const AND_A_HALF = wholeWords(`and${SPACE}+a${SPACE}+half`);
const ORDINAL_APART = wordEnds(`([0-9])${SPACE}+(st|nd|rd|th|s)`);
const MONEY_AND_CENTS = wordEnds('([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})');
const ONLY_CENTS = wordEnds('[€£$]0.([0-9]{1,2})');
const BARE_ONE = wholeWords('1(s?)');

/** `text`, lower case and without punctuation, with its numbers in digits. White space becomes single spaces. */
export function normalizeNumbers(text: string): string {
  return spellOutOnes(joinCents(digits(splitSpace(separate(text))).join(' ')));
}

/** "and a half" after a number becomes "point five"; letters part from digits, but for the suffix of an ordinal. */
function separate(text: string): string {
  const parts = text.split(AND_A_HALF);
  const pieces = parts.flatMap((part, index) => {
    const last = splitSpace(part).at(-1);
    if (last === undefined) return [];
    if (index === parts.length - 1) return [part];
    return [part, isPlain(last, 'zero', 'one', 'ten', 'multiplier') ? 'point five' : 'and a half'];
  });
  return pieces
    .join(' ')
    .replace(/([a-z])([0-9])/g, '$1 $2')
    .replace(/([0-9])([a-z])/g, '$1 $2')
    .replace(ORDINAL_APART, '$1$2');
}

/** "$2 and ¢7" -> "$2.07", "$0.07" -> "¢7". */
function joinCents(text: string): string {
  return text
    .replace(
      MONEY_AND_CENTS,
      (_, currency: string, whole: string, cents: string) => `${currency}${whole}.${cents.padStart(2, '0')}`,
    )
    .replace(ONLY_CENTS, (_, cents: string) => `¢${Number(cents)}`);
}

/** "1" alone reads as the word it mostly is. */
function spellOutOnes(text: string): string {
  return text.replace(BARE_ONE, 'one$1');
}

/** The number being read: an integer while words add up, a string once digits were put side by side. */
interface Reading {
  readonly out: string[];
  prefix: string;
  value: bigint | string | undefined;
}

function digits(words: readonly string[]): string[] {
  const reading: Reading = { out: [], prefix: '', value: undefined };
  for (let i = 0; i < words.length; i++) {
    const usedNext = readWord(reading, words[i]!, words[i - 1], words[i + 1]);
    if (usedNext) i++;
  }
  endNumber(reading);
  return reading.out;
}

function write(reading: Reading, text: string): void {
  reading.out.push(reading.prefix + text);
  reading.prefix = '';
  reading.value = undefined;
}

function endNumber(reading: Reading): void {
  if (reading.value !== undefined) write(reading, String(reading.value));
}

/** Take one word in. True when the next word was used up with it. */
function readWord(reading: Reading, word: string, previous: string | undefined, next: string | undefined): boolean {
  const bare = PREFIXES.has(word[0]!) ? word.slice(1) : word;
  if (NUMERIC.test(bare)) return readDigits(reading, word, bare);
  const known = NUMBER_WORDS.get(word);
  switch (known?.kind) {
    case undefined:
      return passOn(reading, word);
    case 'zero':
      reading.value = `${nonZero(reading.value)}0`;
      return false;
    case 'one':
    case 'ten':
      return setNumber(reading, appended(reading.value, known.value, previous), known.suffix);
    case 'multiplier':
      return setNumber(reading, multiplied(reading, known.value), known.suffix);
    case 'sign':
      if (!mayBeNumber(next)) return passOn(reading, word);
      endNumber(reading);
      reading.prefix = known.symbol;
      return false;
    case 'currency':
      if (reading.value === undefined) return passOn(reading, word);
      reading.prefix = known.symbol;
      endNumber(reading);
      return false;
    case 'per':
    case 'percent':
      return readPercent(reading, word, next);
    case 'and':
      if (mayBeNumber(next) && isPlain(previous, 'multiplier')) return false; // "hundred and five"
      return passOn(reading, word);
    case 'point':
      return mayBeNumber(next) ? readPoint(reading, next) : passOn(reading, word);
    case 'repeat':
      return readRepeat(reading, word, known.times, next);
  }
}

/** A word that is no part of a number ends the number before it. */
function passOn(reading: Reading, word: string): boolean {
  endNumber(reading);
  write(reading, word);
  return false;
}

/** A number already in digits, perhaps with a sign or currency before it. */
function readDigits(reading: Reading, word: string, bare: string): boolean {
  if (typeof reading.value === 'string' && reading.value.endsWith('.')) {
    reading.value += word; // decimals, or the next part of an address
    return false;
  }
  endNumber(reading);
  if (bare !== word) reading.prefix = word[0]!;
  reading.value = timesWhole(fraction(bare)!, 1n) ?? bare;
  return false;
}

function readPercent(reading: Reading, word: string, next: string | undefined): boolean {
  const usesNext = word === 'per';
  if (reading.value === undefined || (usesNext && next !== 'cent')) return passOn(reading, word);
  write(reading, `${reading.value}%`);
  return usesNext;
}

/** Before a number word that cannot be decimals "point" is lost, as it is in OpenAI's. */
function readPoint(reading: Reading, next: string | undefined): boolean {
  if (isPlain(next, 'zero', 'one', 'ten') || isNumeric(next)) reading.value = `${nonZero(reading.value)}.`;
  return false;
}

/** "double seven", "triple oh" */
function readRepeat(reading: Reading, word: string, times: number, next: string | undefined): boolean {
  if (!isPlain(next, 'zero', 'one')) return passOn(reading, word);
  const repeated = NUMBER_WORDS.get(next!);
  const digit = repeated?.kind === 'one' ? repeated.value : 0;
  reading.value = nonZero(reading.value) + String(digit).repeat(times);
  return true;
}

/** A number goes on; with a suffix ("th", "s") it ends. */
function setNumber(reading: Reading, value: bigint | string, suffix: string | undefined): boolean {
  if (suffix === undefined) reading.value = value;
  else write(reading, `${value}${suffix}`);
  return false;
}

/** `value` and then `n` below 100: added where zeros leave room, else side by side: "twenty one", "one oh one". */
function appended(value: bigint | string | undefined, n: number, previous: string | undefined): bigint | string {
  if (value === undefined) return BigInt(n);
  if (typeof value === 'string' || isPlain(previous, 'one')) {
    const fillsZero = n < 10 && isPlain(previous, 'ten');
    return `${fillsZero ? String(value).slice(0, -1) : value}${n}`;
  }
  const room = n < 10 ? 10n : 100n;
  return value % room === 0n ? value + BigInt(n) : `${value}${n}`;
}

/** The number times `factor`, which of an integer multiplies only what is below a thousand. */
function multiplied(reading: Reading, factor: bigint): bigint {
  const { value } = reading;
  if (value === undefined) return factor;
  if (typeof value === 'bigint') return value - (value % 1000n) + (value % 1000n) * factor;
  const parsed = fraction(value);
  const product = parsed && timesWhole(parsed, factor);
  if (product !== undefined) return product;
  endNumber(reading);
  return factor;
}

/** Python's `value or ""`. */
function nonZero(value: bigint | string | undefined): string {
  return value === undefined || value === 0n ? '' : String(value);
}

function isNumeric(word: string | undefined): boolean {
  return word !== undefined && NUMERIC.test(word);
}

function mayBeNumber(word: string | undefined): boolean {
  return isNumeric(word) || (word !== undefined && NUMBER_WORDS.has(word));
}

/** Whether `word` is of one of these kinds, and no ordinal or plural. */
function isPlain(word: string | undefined, ...kinds: readonly NumberWord['kind'][]): boolean {
  const known = word === undefined ? undefined : NUMBER_WORDS.get(word);
  return known !== undefined && kinds.includes(known.kind) && !('suffix' in known);
}
