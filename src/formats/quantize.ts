// Our storage schemes for weight matrices [rows, K]: symmetric codes in blocks of 32 along K, one f16 scale a block.
//
//   scheme  code c            bytes of one row of codes, in order                              bytes a weight
//   int8    -127..127 as i8   K: c of each element                                             1.0625
//   int4    u4, value c - 8   K/2: per block 16, byte b = c[b] | c[b + 16] << 4 (as ggml q4_0)    0.5625
//   int6    u6, value c - 32  K/2: the low 4 bits of c, laid out as int4, then                 0.8125
//                             K/4: the high 2 bits, per block 8: byte 4h + j holds those of
//                             elements 16h + 4g + j at bits 2g (g, j = 0..3)
//
// Scales are f16 [rows, K/32] and hold the scale TIMES 2^8: plain ones of small weights are f16 subnormals, which a
// device may flush to zero. Value of an element = (code - zero) * f16 scale / 256, exact in f32.
//
// Four neighbours 4w..4w+3 of an int6 block come out of two u32 loads as packed codes, ready for dot4U8Packed:
//   low = (nibbles[w & 3] >> (4 * (w >> 2))) & 0x0f0f0f0f,  high = (pairs[w >> 2] >> (2 * (w & 3))) & 0x03030303,
//   codes = low | high << 4.
// Two planes a row rather than 24 bytes a block: so the nibbles of a block are one aligned vec4<u32> and its pairs one
// vec2<u32> (every K of Whisper is a multiple of 128), and one way of loading serves int4 and int6.

import { OptionError } from '../errors.ts';
import { f16Value } from './half.ts';
import { BLOCK, ggmlLevels, nearestLevels, SCALE_FACTOR, searchInt4, signedMax } from './quantize_rules.ts';

export type Scheme = 'int8' | 'int6' | 'int4';

const CODE_BYTES: Readonly<Record<Scheme, number>> = { int8: 32, int6: 24, int4: 16 }; // of a block
const ZERO: Readonly<Record<Scheme, number>> = { int8: 0, int6: 32, int4: 8 };

export interface QuantizedRows {
  /** [rows, codeBytesPerRow(scheme, k)] */
  readonly codes: Uint8Array;
  /** f16 bits [rows, k / 32] */
  readonly scales: Uint16Array;
}

export interface QuantizeOptions {
  /** int4 only: look for the scale of least squared error instead of q4_0's rule. Same layout. */
  readonly search?: boolean;
}

/** Bytes that one weight costs, its share of the scale included. */
export function bytesPerWeight(scheme: Scheme): number {
  return (CODE_BYTES[scheme] + 2) / BLOCK;
}

export function codeBytesPerRow(scheme: Scheme, k: number): number {
  return (k / BLOCK) * CODE_BYTES[scheme];
}

/** The scheme whose codes take `codeBytes` a row where there are `scales` scales; undefined when none does. */
export function schemeOf(codeBytes: number, scales: number): Scheme | undefined {
  return (Object.keys(CODE_BYTES) as Scheme[]).find((scheme) => CODE_BYTES[scheme] * scales === codeBytes);
}

/**
 * Quantise rows of k weights. int8: scale = absmax / 127 rounded to the stored f16, code = nearest (ties to even) of
 * weight / stored scale. int6, int4 (ggml's q4_0 rule): d = m / -h with m the first weight of largest magnitude and
 * h = 32, 8; code = min(2h - 1, floor(weight * (1 / d) + h + 1/2)) with the unrounded d; all in f32. A scale that
 * rounds to zero gives value 0. Throws OptionError for a k that is no multiple of 32 and for weights that are not
 * finite or so large that the scale is no f16.
 */
export function quantizeRows(
  scheme: Scheme,
  rows: Float32Array,
  k: number,
  options: QuantizeOptions = {},
): QuantizedRows {
  checkRows('quantizeRows', rows.length, k);
  if (options.search && scheme !== 'int4') {
    throw new OptionError(`quantizeRows: expected search only with int4, got ${scheme}`);
  }
  const blocksPerRow = k / BLOCK;
  const scales = new Uint16Array(rows.length / BLOCK);
  const codes = new Uint8Array(scales.length * CODE_BYTES[scheme]);
  const levels = new Int32Array(BLOCK); // code - zero
  const rule = options.search ? searchInt4 : scheme === 'int8' ? nearestLevels : ggmlLevels(ZERO[scheme]);
  for (let block = 0; block < scales.length; block++) {
    const bits = rule(rows.subarray(block * BLOCK, (block + 1) * BLOCK), levels);
    if ((bits & 0x7c00) === 0x7c00) throw unfit(scheme, rows, block);
    scales[block] = bits;
    const row = Math.floor(block / blocksPerRow);
    packBlock(scheme, levels, codes, row * codeBytesPerRow(scheme, k), block % blocksPerRow, blocksPerRow);
  }
  return { codes, scales };
}

/**
 * The values that codes and scales of whole rows stand for, f32 [rows, k]. Throws OptionError for lengths that do not
 * fit.
 */
export function dequantizeRows(scheme: Scheme, { codes, scales }: QuantizedRows, k: number): Float32Array {
  checkRows('dequantizeRows', scales.length * BLOCK, k);
  if (codes.length !== scales.length * CODE_BYTES[scheme]) {
    throw new OptionError(
      `dequantizeRows: expected ${scales.length * CODE_BYTES[scheme]} bytes of ${scheme} codes because there are ` +
        `${scales.length} scales, got ${codes.length}`,
    );
  }
  const blocksPerRow = k / BLOCK;
  const out = new Float32Array(scales.length * BLOCK);
  const levels = new Int32Array(BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const row = Math.floor(block / blocksPerRow);
    unpackBlock(scheme, codes, row * codeBytesPerRow(scheme, k), block % blocksPerRow, blocksPerRow, levels);
    const scale = f16Value(scales[block]!) / SCALE_FACTOR;
    for (let i = 0; i < BLOCK; i++) out[block * BLOCK + i] = levels[i]! * scale;
  }
  return out;
}

function checkRows(where: string, length: number, k: number): void {
  if (Number.isInteger(k) && k > 0 && k % BLOCK === 0 && length % k === 0) return;
  throw new OptionError(
    `${where}: expected whole rows of a multiple of ${BLOCK} weights, got ${length} in rows of ${k}`,
  );
}

function unfit(scheme: Scheme, rows: Float32Array, block: number): OptionError {
  const weights = rows.subarray(block * BLOCK, (block + 1) * BLOCK);
  return new OptionError(
    `quantizeRows: expected finite weights whose ${scheme} scale times ${SCALE_FACTOR} is below f16's 65504, ` +
      `got ${signedMax(weights)} in block ${block}`,
  );
}

function packBlock(
  scheme: Scheme,
  levels: Int32Array,
  codes: Uint8Array,
  rowAt: number,
  block: number,
  blocksPerRow: number,
): void {
  if (scheme === 'int8') {
    codes.set(levels, rowAt + block * BLOCK); // typed arrays keep the low byte: two's complement
    return;
  }
  const zero = ZERO[scheme];
  const nibblesAt = rowAt + block * 16;
  for (let b = 0; b < 16; b++) {
    codes[nibblesAt + b] = ((levels[b]! + zero) & 15) | (((levels[b + 16]! + zero) & 15) << 4);
  }
  if (scheme === 'int4') return;
  const pairsAt = rowAt + blocksPerRow * 16 + block * 8;
  for (let e = 0; e < BLOCK; e++) {
    codes[pairsAt + 4 * (e >>> 4) + (e & 3)]! |= ((levels[e]! + zero) >>> 4) << (2 * ((e >>> 2) & 3));
  }
}

function unpackBlock(
  scheme: Scheme,
  codes: Uint8Array,
  rowAt: number,
  block: number,
  blocksPerRow: number,
  levels: Int32Array,
): void {
  if (scheme === 'int8') {
    for (let e = 0; e < BLOCK; e++) levels[e] = (codes[rowAt + block * BLOCK + e]! << 24) >> 24;
    return;
  }
  const zero = ZERO[scheme];
  const nibblesAt = rowAt + block * 16;
  const pairsAt = rowAt + blocksPerRow * 16 + block * 8;
  for (let e = 0; e < BLOCK; e++) {
    const nibble = (codes[nibblesAt + (e & 15)]! >>> (4 * (e >>> 4))) & 15;
    const pair = scheme === 'int6' ? (codes[pairsAt + 4 * (e >>> 4) + (e & 3)]! >>> (2 * ((e >>> 2) & 3))) & 3 : 0;
    levels[e] = (nibble | (pair << 4)) - zero;
  }
}
