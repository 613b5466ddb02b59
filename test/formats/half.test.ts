// Rung: pure. f16 and bf16 conversions, bit for bit, against the formats' definitions and against numpy.

import { expect, test } from 'vitest';
import { bf16ToF32, f16Bits, f16ToF32, f16Value, f32ToF16 } from '../../src/formats/half.ts';
import { fromBase64, golden } from './fixtures/bytes.ts';

const everyHalf = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** IEEE 754 binary16 by its definition. */
function definedValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + mantissa / 1024) * 2 ** (exponent - 15) : mantissa * 2 ** -24);
}

test('every half widens to its value, and a NaN to a NaN of the same sign and payload', () => {
  const wide = f16ToF32(everyHalf);
  const bits = bitsOf(wide);
  const wrong = everyHalf.filter((half) => {
    const value = definedValue(half);
    if (!Number.isNaN(value)) return !Object.is(wide[half], value);
    return bits[half] !== (((half & 0x8000) << 16) | 0x7f800000 | ((half & 1023) << 13)) >>> 0;
  });
  expect([...wrong]).toEqual([]);
});

test('every half survives the way to f32 and back; a signalling NaN comes back quiet', () => {
  const back = f32ToF16(f16ToF32(everyHalf));
  expect(back).toEqual(everyHalf.map((half) => (Number.isNaN(definedValue(half)) ? half | 0x200 : half)));
});

test('f32 rounds to the half numpy rounds to: halves, midpoints, one step beside either, and overflow', () => {
  const { f32, f16 } = JSON.parse(golden('half.json').toString()) as Record<'f32' | 'f16', string>;
  const values = new Float32Array(fromBase64(f32));
  const expected = new Uint16Array(fromBase64(f16));
  expect(values.length).toBeGreaterThan(4000);
  expect(f32ToF16(values)).toEqual(expected);
  expect(f32ToF16(values.map((value) => -value))).toEqual(expected.map((half) => half | 0x8000));
});

test('the scalar conversions agree with those of arrays', () => {
  const halves = everyHalf.filter((half) => !Number.isNaN(definedValue(half)));
  expect(halves.length).toBe(63490); // 2^16 less 2 * 1023 NaNs
  expect(halves.every((half) => Object.is(f16Value(half), definedValue(half)))).toBe(true);
  expect(halves.every((half) => f16Bits(definedValue(half)) === half)).toBe(true);
});

test('bf16 is the upper half of the word', () => {
  const bits = bitsOf(bf16ToF32(everyHalf));
  expect(everyHalf.every((half) => bits[half] === (half << 16) >>> 0)).toBe(true);
  expect([...bf16ToF32(Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001))]).toEqual([
    1,
    -3,
    Number.POSITIVE_INFINITY,
    2 ** -133,
  ]);
});

test('conversions write into the array given, also one that does not begin its buffer', () => {
  const whole = new Float32Array(4);
  const part = whole.subarray(1, 3);
  expect(f16ToF32(Uint16Array.of(0x3c00, 0xbc00), part)).toBe(part);
  expect([...whole]).toEqual([0, 1, -1, 0]);
  expect([...f32ToF16(part)]).toEqual([0x3c00, 0xbc00]);
});
