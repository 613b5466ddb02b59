// Stored elements -> f32: plain floats, and ggml's blocks of 32 along a row. Source of the blocks: ggml-common.h and
// dequantize_row_* of ggml-quants.c. In 4- and 5-bit blocks byte j holds element j (low nibble) and j + 16 (high).

import { ModelFileError } from '../errors.ts';
import { bf16ToF32, f16ToF32, f16Value } from './half.ts';
import { STORED_UNITS, type StoredType } from './tensor_table.ts';

const BLOCK = 32;

/** Types whose bytes alone say the value. The integers need scales, which a layout brings. */
export type FloatLikeType = Exclude<StoredType, 'i8' | 'u8' | 'i16' | 'i32' | 'i64'>;

export function isFloatLike(type: StoredType): type is FloatLikeType {
  return !/^[iu]\d/.test(type);
}

/**
 * All values in `bytes` (whole elements or blocks), as f32. f16 and bf16 exactly; blocks in f32 arithmetic as ggml's.
 */
export function decodeStored(type: FloatLikeType, bytes: Uint8Array): Float32Array {
  const unit = STORED_UNITS[type];
  if (bytes.length % unit.bytes !== 0) {
    throw new ModelFileError(
      `decodeStored: expected whole units of ${unit.bytes} bytes of ${type}, got ${bytes.length}`,
    );
  }
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const count = bytes.length / unit.bytes;
  switch (type) {
    case 'f32':
      return new Float32Array(buffer, byteOffset, count);
    case 'f16':
      return f16ToF32(new Uint16Array(buffer, byteOffset, count));
    case 'bf16':
      return bf16ToF32(new Uint16Array(buffer, byteOffset, count));
    default:
      return decodeBlocks(type, bytes, count);
  }
}

type BlockType = Extract<FloatLikeType, `q${string}`>;

// Value = (code - zero) * d + m, where only the _1 types store m. `high` is where the fifth bits begin in a block,
// `codes` where the nibbles or bytes do. Bytes 0-1 are d, bytes 2-3 of the _1 types are m, both f16.
const LAYOUTS: Readonly<Record<BlockType, { zero: number; minimum: boolean; high: number; codes: number }>> = {
  q4_0: { zero: 8, minimum: false, high: -1, codes: 2 },
  q4_1: { zero: 0, minimum: true, high: -1, codes: 4 },
  q5_0: { zero: 16, minimum: false, high: 2, codes: 6 },
  q5_1: { zero: 0, minimum: true, high: 4, codes: 8 },
  q8_0: { zero: 0, minimum: false, high: -1, codes: 2 },
};

/** ggml's loops, written once over LAYOUTS. */
function decodeBlocks(type: BlockType, bytes: Uint8Array, blocks: number): Float32Array {
  const { zero, minimum, high, codes } = LAYOUTS[type];
  const out = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block++) {
    const at = block * STORED_UNITS[type].bytes;
    const d = f16Value(bytes[at]! | (bytes[at + 1]! << 8));
    const m = minimum ? f16Value(bytes[at + 2]! | (bytes[at + 3]! << 8)) : -0; // x + -0 is x, also for -0
    const to = block * BLOCK;
    if (type === 'q8_0') {
      for (let j = 0; j < BLOCK; j++) out[to + j] = ((bytes[at + codes + j]! << 24) >> 24) * d;
      continue;
    }
    for (let j = 0; j < BLOCK / 2; j++) {
      const pair = bytes[at + codes + j]!;
      let low = pair & 15;
      let up = pair >>> 4;
      if (high >= 0) {
        low |= ((bytes[at + high + (j >>> 3)]! >>> (j & 7)) & 1) << 4; // bit j
        up |= ((bytes[at + high + 2 + (j >>> 3)]! >>> (j & 7)) & 1) << 4; // bit j + 16
      }
      out[to + j] = (low - zero) * d + m;
      out[to + j + 16] = (up - zero) * d + m;
    }
  }
  return out;
}
