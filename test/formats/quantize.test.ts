// Rung: pure. The storage schemes, bit for bit against numpy's rendering of their definition, and their properties.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { f16ToF32 } from '../../src/formats/half.ts';
import {
  bytesPerWeight,
  codeBytesPerRow,
  dequantizeRows,
  quantizeRows,
  type Scheme,
} from '../../src/formats/quantize.ts';
import { fromBase64, golden } from './fixtures/bytes.ts';

interface Golden {
  readonly k: number;
  readonly rows: string;
  readonly schemes: Record<string, { codes: string; scales: string; values: string }>;
}
const { k, rows, schemes } = JSON.parse(golden('quantize.json').toString()) as Golden;
const weights = new Float32Array(fromBase64(rows));
const SCHEMES: readonly Scheme[] = ['int8', 'int6', 'int4'];

describe.each(Object.entries(schemes))('%s as numpy computes it', (name, expected) => {
  const scheme = name.split(' ')[0] as Scheme;
  const quantized = quantizeRows(scheme, weights, k, { search: name.endsWith('search') });

  test('codes and scales', () => {
    expect(quantized.codes).toEqual(new Uint8Array(fromBase64(expected.codes)));
    expect(quantized.scales).toEqual(new Uint16Array(fromBase64(expected.scales)));
  });

  test('values', () => {
    expect(dequantizeRows(scheme, quantized, k)).toEqual(new Float32Array(fromBase64(expected.values)));
  });
});

const finiteRows = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: -12, max: 1 }),
    fc.infiniteStream(fc.float({ min: -1, max: 1, noNaN: true })),
  )
  .map(([count, blocks, exponent, stream]) => ({
    k: blocks * 32,
    rows: Float32Array.from([...stream.take(count * blocks * 32)], (value) => value * 10 ** exponent),
  }));

test.each(SCHEMES)('%s: no weight is further from its value than its scale allows', (scheme) => {
  // int8 rounds to the nearest level of +-127; the others clip the end opposite to the largest weight by one whole
  // step.
  const steps = scheme === 'int8' ? 0.5 : 1;
  fc.assert(
    fc.property(finiteRows, ({ k, rows }) => {
      const quantized = quantizeRows(scheme, rows, k);
      const values = dequantizeRows(scheme, quantized, k);
      const scales = f16ToF32(quantized.scales);
      for (let i = 0; i < rows.length; i++) {
        const scale = Math.abs(scales[Math.floor(i / 32)]!) / 256;
        // Rounding the scale (11 bits, or 2^-33 where it is subnormal) moves a level of up to 127 by 127 times as much.
        const slack = 127 * Math.max(scale * 2 ** -11, 2 ** -33);
        expect(Math.abs(values[i]! - rows[i]!)).toBeLessThanOrEqual(steps * scale + slack);
      }
    }),
  );
});

test('search never leaves more squared error than the codes of int4', () => {
  // But for ties, which the two rules break differently: then the rounding of the scale decides, 2^-10 of one weight's
  // error.
  const slack = 1 + 2 ** -8;
  fc.assert(
    fc.property(finiteRows, ({ k, rows }) => {
      const error = (search: boolean): number[] => {
        const values = dequantizeRows('int4', quantizeRows('int4', rows, k, { search }), k);
        const sums = new Array<number>(rows.length / 32).fill(0);
        rows.forEach((weight, i) => {
          sums[Math.floor(i / 32)]! += (weight - values[i]!) ** 2;
        });
        return sums;
      };
      const [searched, plain] = [error(true), error(false)];
      for (const [block, sum] of searched.entries()) expect(sum).toBeLessThanOrEqual(plain[block]! * slack);
    }),
  );
});

test.each(SCHEMES)('%s: rows are independent, so slices of rows give the same bytes', (scheme) => {
  const whole = quantizeRows(scheme, weights, k);
  const rowBytes = codeBytesPerRow(scheme, k);
  for (let row = 0; row < weights.length / k; row++) {
    const { codes, scales } = quantizeRows(scheme, weights.subarray(row * k, (row + 1) * k), k);
    expect(codes).toEqual(whole.codes.slice(row * rowBytes, (row + 1) * rowBytes));
    expect(scales).toEqual(whole.scales.slice((row * k) / 32, ((row + 1) * k) / 32));
  }
  expect((whole.codes.length + 2 * whole.scales.length) / weights.length).toBe(bytesPerWeight(scheme));
});

test('int6 unpacks by words as the header of quantize.ts says', () => {
  const quantized = quantizeRows('int6', weights, k);
  const values = dequantizeRows('int6', quantized, k);
  const scales = f16ToF32(quantized.scales);
  const words = new Uint32Array(quantized.codes.buffer);
  for (let i = 0; i < weights.length; i += 4) {
    const [row, block, w] = [Math.floor(i / k), Math.floor((i % k) / 32), (i % 32) / 4];
    const rowWord = (row * codeBytesPerRow('int6', k)) / 4;
    const nibbles = words[rowWord + block * 4 + (w & 3)]!;
    const pairs = words[rowWord + k / 8 + block * 2 + (w >> 2)]!;
    const low = (nibbles >>> (4 * (w >> 2))) & 0x0f0f0f0f;
    const high = (pairs >>> (2 * (w & 3))) & 0x03030303;
    const packed = (low | (high << 4)) >>> 0;
    for (let j = 0; j < 4; j++) {
      const code = (packed >>> (8 * j)) & 255;
      expect(values[i + j]).toBe(((code - 32) * scales[Math.floor(i / 32)]!) / 256);
    }
  }
});

test('weights that do not fit are refused', () => {
  const block = (value: number): Float32Array => new Float32Array(32).fill(value, 3, 4);
  for (const scheme of SCHEMES) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e9]) {
      expect(() => quantizeRows(scheme, block(value), 32), `${scheme} ${value}`).toThrow(OptionError);
    }
    expect(() => quantizeRows(scheme, new Float32Array(40), 40)).toThrow(/multiple of 32/);
    expect(() => quantizeRows(scheme, new Float32Array(96), 64)).toThrow(/whole rows/);
    expect(() => dequantizeRows(scheme, { codes: new Uint8Array(15), scales: new Uint16Array(1) }, 32)).toThrow(
      OptionError,
    );
  }
  expect(() => quantizeRows('int4', block(Number.NaN), 32, { search: true })).toThrow(OptionError);
  expect(() => quantizeRows('int8', block(1), 32, { search: true })).toThrow(/only with int4/);
});
