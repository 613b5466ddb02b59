// Made-up weights as stored bytes, cut from a few blocks that are made once: gigabytes of them cost next to nothing.

import { f32ToF16 } from '../../src/formats/half.ts';
import { BLOCK as GROUP, SCALE_FACTOR } from '../../src/formats/quantize_rules.ts';
import { uniform } from '../../src/ops/random.ts';

/** What bytes hold: floats about `centre`, codes of two's complement or packed in any way, or the codes' scales. */
export type Kind = 'f32' | 'f16' | 'int8' | 'int4' | 'scales8' | 'scales4';

/** Bytes of a block; twice what is uploaded at a time. */
const BLOCK = 1 << 21;
/** Largest level of a code. */
const LEVELS = { scales8: 127, scales4: 8 } as const;

const blocks = new Map<string, Uint8Array>();

/**
 * Seeded bytes of values between centre - spread and centre + spread, as from byte `begin` of a tensor. They repeat; callers only read.
 */
export function randomBytes(kind: Kind, bytes: number, begin = 0, spread = 1, centre = 0): Uint8Array {
  const key = `${kind} ${spread} ${centre}`;
  let block = blocks.get(key);
  if (!block) {
    block = makeBlock(kind, spread, centre);
    blocks.set(key, block);
  }
  const at = begin % (BLOCK / 2);
  if (at + bytes <= BLOCK) return block.subarray(at, at + bytes);
  const whole = new Uint8Array(bytes);
  for (let done = 0; done < bytes; done += BLOCK) whole.set(block.subarray(0, bytes - done), done);
  return whole;
}

/** Spread of weights that give outputs of variance 1 for inputs of variance 1, with `columns` products a sum. */
export function weightSpread(columns: number): number {
  return Math.sqrt(3 / columns);
}

function makeBlock(kind: Kind, spread: number, centre: number): Uint8Array {
  const next = uniform(GROUP);
  const floats = (count: number, value: () => number) => Float32Array.from({ length: count }, value);
  const random = () => centre + spread * (2 * next() - 1);
  switch (kind) {
    case 'f32':
      return new Uint8Array(floats(BLOCK / 4, random).buffer);
    case 'f16':
      return new Uint8Array(f32ToF16(floats(BLOCK / 2, random)).buffer);
    case 'int8': // -128 is no code
      return new Uint8Array(Int8Array.from({ length: BLOCK }, () => Math.floor(255 * next()) - 127).buffer);
    case 'int4':
      return Uint8Array.from({ length: BLOCK }, () => 256 * next());
    default:
      return new Uint8Array(f32ToF16(floats(BLOCK / 2, () => (spread / LEVELS[kind]) * SCALE_FACTOR)).buffer);
  }
}
