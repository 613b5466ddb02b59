// Rung: pure. Blocks of whisper.cpp's q8_0, q5_0 and q4_0 come into our int8, int6 and int4 without any error.

import { describe, expect, it } from 'vitest';
import { decodeStored, type FloatLikeType } from '../../src/formats/decode.ts';
import { f32ToF16 } from '../../src/formats/half.ts';
import { dequantizeRows, quantizeRows } from '../../src/formats/quantize.ts';
import { uniform } from '../../src/ops/random.ts';

const BLOCKS = 400;

/** A block as ggml packs it: its scale, the high bits of q5_0, the codes. The code of the greatest weight is always there. */
function block(type: 'q8_0' | 'q5_0' | 'q4_0', scale: number, next: () => number): Uint8Array {
  const sizes = { q8_0: 34, q5_0: 22, q4_0: 18 };
  const bytes = new Uint8Array(sizes[type]).map(() => Math.floor(next() * 256));
  new DataView(bytes.buffer).setUint16(0, f32ToF16(Float32Array.of(scale))[0]!, true);
  if (type === 'q8_0') {
    const codes = new Int8Array(bytes.buffer, 2, 32);
    for (let i = 0; i < 32; i++) codes[i] = Math.max(-127, codes[i]!);
    codes[7] = next() < 0.5 ? 127 : -127;
  } else if (type === 'q5_0') {
    bytes[2] = bytes[2]! & 0xfe; // the high bit of code 0 ...
    bytes[6] = bytes[6]! & 0xf0; // ... and its low bits: code 0 is the greatest level, -16
  } else {
    bytes[2] = bytes[2]! & 0xf0;
  }
  return bytes;
}

describe('[pure] ggml blocks in our formats', () => {
  for (const [type, scheme] of [
    ['q8_0', 'int8'],
    ['q5_0', 'int6'],
    ['q4_0', 'int4'],
  ] as const) {
    it(`${type} is ${scheme}, bit for bit`, () => {
      const next = uniform(5);
      const signs = type === 'q8_0' ? [1] : [1, -1];
      const blocks = Array.from({ length: BLOCKS }, (_, i) =>
        block(type, signs[i % signs.length]! * 2 ** (-12 + 10 * next()), next),
      );
      const values = decodeStored(type as FloatLikeType, Buffer.concat(blocks));
      expect(new Set(values).size).toBeGreaterThan(1000);
      const ours = dequantizeRows(scheme, quantizeRows(scheme, values, 64), 64);
      expect(ours).toEqual(values);
    });
  }
});
