// Our storage schemes for weight matrices [rows, K]: symmetric codes in blocks of 32 along K, one f16 scale a block. Bytes a weight: int8
// 1.0625, int6 0.8125, int4 0.5625. packed_codes.ts says how codes lie in bytes.
//
// Scales are f16 [rows, K/32] and hold the scale TIMES 2^8: plain ones of small weights are f16 subnormals, which a
// device may flush to zero. Value of an element = (code - zero) * f16 scale / 256, exact in f32.

import { OptionError } from '../errors.ts';
import { f16Value } from './half.ts';
import { codeBytesPerRow, packLevels, type Scheme, unpackLevels, ZERO } from './packed_codes.ts';
import { BLOCK, ggmlLevels, nearestLevels, SCALE_FACTOR, searchInt4, signedMax } from './quantize_rules.ts';

export { codeBytesPerRow, type Scheme, schemeOf } from './packed_codes.ts';

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
  return (codeBytesPerRow(scheme, BLOCK) + 2) / BLOCK;
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
  const scales = new Uint16Array(rows.length / BLOCK);
  const levels = new Int8Array(rows.length); // code - zero
  const rule = options.search ? searchInt4 : scheme === 'int8' ? nearestLevels : ggmlLevels(ZERO[scheme]);
  for (let block = 0; block < scales.length; block++) {
    const [begin, end] = [block * BLOCK, (block + 1) * BLOCK];
    const bits = rule(rows.subarray(begin, end), levels.subarray(begin, end));
    if ((bits & 0x7c00) === 0x7c00) throw unfit(scheme, rows, block);
    scales[block] = bits;
  }
  return { codes: packLevels(scheme, levels, k), scales };
}

/**
 * The values that codes and scales of whole rows stand for, f32 [rows, k]. Throws OptionError for lengths that do not
 * fit.
 */
export function dequantizeRows(scheme: Scheme, { codes, scales }: QuantizedRows, k: number): Float32Array {
  checkRows('dequantizeRows', scales.length * BLOCK, k);
  const expected = codeBytesPerRow(scheme, scales.length * BLOCK);
  if (codes.length !== expected) {
    throw new OptionError(
      `dequantizeRows: expected ${expected} bytes of ${scheme} codes because there are ${scales.length} scales, ` +
        `got ${codes.length}`,
    );
  }
  const out = Float32Array.from(unpackLevels(scheme, codes, k));
  for (let block = 0; block < scales.length; block++) {
    const scale = f16Value(scales[block]!) / SCALE_FACTOR;
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) out[i]! *= scale;
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
