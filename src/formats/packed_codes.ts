// How the codes of our storage schemes lie in bytes: rows of blocks of 32 along K. Which codes a weight gets is quantize.ts's matter.
//
//   scheme  code c            bytes of one row of codes, in order                              bytes a block
//   int8    -127..127 as i8   K: c of each element                                                32
//   int4    u4, value c - 8   K/2: per block 16, byte b = c[b] | c[b + 16] << 4 (as ggml q4_0)    16
//   int6    u6, value c - 32  K/2: the low 4 bits of c, laid out as int4, then                    24
//                             K/4: the high 2 bits, per block 8: byte 4h + j holds those of
//                             elements 16h + 4g + j at bits 2g (g, j = 0..3)
//
// Four neighbours 4w..4w+3 of an int6 block come out of two u32 loads as packed codes, ready for dot4U8Packed:
//   low = (nibbles[w & 3] >> (4 * (w >> 2))) & 0x0f0f0f0f,  high = (pairs[w >> 2] >> (2 * (w & 3))) & 0x03030303,
//   codes = low | high << 4.
// Two planes a row rather than 24 bytes a block: so the nibbles of a block are one aligned vec4<u32> and its pairs one
// vec2<u32> (every K of Whisper is a multiple of 64), and one way of loading serves int4 and int6.

import { BLOCK } from './quantize_rules.ts';

export type Scheme = 'int8' | 'int6' | 'int4';

const CODE_BYTES: Readonly<Record<Scheme, number>> = { int8: 32, int6: 24, int4: 16 }; // of a block
/** The code of value 0; a level is code - zero. */
export const ZERO: Readonly<Record<Scheme, number>> = { int8: 0, int6: 32, int4: 8 };

export function codeBytesPerRow(scheme: Scheme, k: number): number {
  return (k / BLOCK) * CODE_BYTES[scheme];
}

/** The scheme whose codes take `codeBytes` a row where there are `scales` scales; undefined when none does. */
export function schemeOf(codeBytes: number, scales: number): Scheme | undefined {
  return (Object.keys(CODE_BYTES) as Scheme[]).find((scheme) => CODE_BYTES[scheme] * scales === codeBytes);
}

/** Bytes of levels [rows, k]; k is a multiple of 32. */
export function packLevels(scheme: Scheme, levels: Int8Array, k: number): Uint8Array {
  if (scheme === 'int8') return new Uint8Array(levels.buffer, levels.byteOffset, levels.length).slice();
  const zero = ZERO[scheme];
  const rowBytes = codeBytesPerRow(scheme, k);
  const codes = new Uint8Array((levels.length / k) * rowBytes);
  for (let from = 0, row = 0; from < levels.length; from += k, row += rowBytes) {
    for (let e = 0; e < k; e++) {
      const code = levels[from + e]! + zero;
      codes[row + nibbleAt(e)]! |= (code & 15) << (4 * ((e >>> 4) & 1));
      if (scheme === 'int6') codes[row + k / 2 + pairAt(e)]! |= (code >>> 4) << (2 * ((e >>> 2) & 3));
    }
  }
  return codes;
}

/** Levels [rows, k] of such bytes. */
export function unpackLevels(scheme: Scheme, codes: Uint8Array, k: number): Int8Array {
  if (scheme === 'int8') return new Int8Array(codes.buffer, codes.byteOffset, codes.length).slice();
  const zero = ZERO[scheme];
  const rowBytes = codeBytesPerRow(scheme, k);
  const levels = new Int8Array((codes.length / rowBytes) * k);
  for (let to = 0, row = 0; to < levels.length; to += k, row += rowBytes) {
    for (let e = 0; e < k; e++) {
      const nibble = (codes[row + nibbleAt(e)]! >>> (4 * ((e >>> 4) & 1))) & 15;
      const pair = scheme === 'int6' ? (codes[row + k / 2 + pairAt(e)]! >>> (2 * ((e >>> 2) & 3))) & 3 : 0;
      levels[to + e] = (nibble | (pair << 4)) - zero;
    }
  }
  return levels;
}

/** Byte of a row that holds the low 4 bits of element e. */
function nibbleAt(e: number): number {
  return (e >>> 5) * 16 + (e & 15);
}

/** Byte of a row's second plane that holds the high 2 bits of element e. */
function pairAt(e: number): number {
  return (e >>> 5) * 8 + ((e >>> 4) & 1) * 4 + (e & 3);
}
