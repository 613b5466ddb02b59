// Rung: pure. q8, the format of int8 caches: what a code is worth, what rounding does, and what is kept exactly.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeads, encodeHeads, headScale } from '../../src/ops/heads.ts';
import { byteLength } from '../../src/ops/op.ts';

const head = (at: Readonly<Record<number, number>>) => Float32Array.from({ length: 64 }, (_, i) => at[i] ?? 0);

describe('[pure] q8', () => {
  it('takes 17 words for 64 elements', () => {
    expect(byteLength({ dtype: 'q8', shape: [3, 128] })).toBe(3 * 2 * 68);
    expect(encodeHeads(new Float32Array(3 * 128)).length).toBe(3 * 2 * 68);
  });

  it('codes lie before the scale, signed, ties to even', () => {
    const bytes = encodeHeads(head({ 0: 127, 1: -127, 2: 0.5, 3: 1.5, 4: 2.5, 5: -0.5, 6: -1.5, 63: 3 }));
    expect([...new Int8Array(bytes.buffer, 0, 7)]).toEqual([127, -127, 0, 2, 2, 0, -2]);
    expect(new Int8Array(bytes.buffer)[63]).toBe(3);
    expect(new DataView(bytes.buffer).getFloat32(64, true)).toBe(1);
  });

  it('zeros are zeros, a NaN spoils its head alone', () => {
    expect([...decodeHeads(encodeHeads(new Float32Array(64)), 64)]).toEqual(Array(64).fill(0));
    const values = decodeHeads(encodeHeads(Float32Array.of(...head({ 5: Number.NaN }), ...head({ 0: 1 }))), 128);
    expect(values.subarray(0, 64).every(Number.isNaN)).toBe(true);
    expect(values[64]).toBeCloseTo(1, 6);
  });

  it('is off by half a step at most, and the same when coded again', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 64, maxLength: 64, noNaN: true, min: -1e6, max: 1e6 }), (x) => {
        const bytes = encodeHeads(x);
        const got = decodeHeads(bytes, 64);
        const step = headScale(x, 0);
        fc.pre(step > 1e-30); // below, f32 itself gives out
        x.forEach((wanted, i) => {
          expect(Math.abs(got[i]! - wanted)).toBeLessThanOrEqual(step * (0.5 + 1e-4));
        });
        expect(new Int8Array(encodeHeads(got).buffer, 0, 64)).toEqual(new Int8Array(bytes.buffer, 0, 64));
      }),
    );
  });
});
