// Rung: pure. Numbers and times as Python writes them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { formatTimestamp, milliseconds } from '../../src/output/timestamp.ts';
import { floatRepr, jsonString, roundHalfEven, strip } from '../../src/python.ts';
import { goldenJson } from './fixtures/results.ts';

test.each([
  // json.dumps of each in CPython
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [0.6000000000000001, '0.6000000000000001'],
  [1e-4, '0.0001'],
  [1e-5, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [5e-324, '5e-324'],
  [1e15, '1000000000000000.0'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e16, '1e+16'],
  [-1e22, '-1e+22'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('repr(%d) is %s', (x, text) => {
  expect(floatRepr(x)).toBe(text);
});

test('a float reads back from its text', () => {
  fc.assert(fc.property(fc.double({ noNaN: true }), (x) => Object.is(Number(floatRepr(x)), x)));
});

test('halves round to even', () => {
  expect([0.5, 1.5, 2.5, 0.49999999999999994, 7.000001, 8, 4503599627370495.5].map(roundHalfEven)).toEqual([
    0, 2, 2, 0, 7, 8, 4503599627370496,
  ]);
});

test('strings are ASCII with short escapes', () => {
  expect(jsonString('\b\f\n\r\t"\\/\x00\x1f\x7fé\u2028😀\ud800')).toBe(
    String.raw`"\b\f\n\r\t\"\\/\u0000\u001f\u007f\u00e9\u2028\ud83d\ude00\ud800"`,
  );
});

test("strip takes Python's white space, so not U+FEFF", () => {
  expect(strip('\x1c\x85\u3000\n a \u2028\x1f')).toBe('a');
  expect(strip('\ufeffa\u200b')).toBe('\ufeffa\u200b');
});

const { format_timestamp } = goldenJson<{
  format_timestamp: { seconds: number; vtt: string; srt: string; tsv: number }[];
}>('manifest.json');

test.each(format_timestamp)('$seconds s is $srt', ({ seconds, vtt, srt, tsv }) => {
  expect(formatTimestamp(seconds)).toBe(vtt);
  expect(formatTimestamp(seconds, { alwaysIncludeHours: true, decimalMarker: ',' })).toBe(srt);
  expect(milliseconds(seconds)).toBe(tsv);
});

test('a time that is no place in the audio is refused', () => {
  for (const seconds of [-0.001, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => formatTimestamp(seconds), String(seconds)).toThrow(OptionError);
  }
});
