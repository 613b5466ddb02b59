// Seeded test data: the same on every machine.

import { hostTensor } from './host_tensor.ts';
import { SCALE_FACTOR } from './math.ts';
import { type Case, type DType, elements, type HostTensor, type TensorType } from './op.ts';

/** Uniform numbers in [0, 1) from a 32-bit seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The largest magnitude of a code. */
const LARGEST: Readonly<Partial<Record<DType, number>>> = { i8: 127, i6: 32, i4: 8 };

/** Values for a tensor of a case: its own `fill`, else random ones fit for the element type. */
export function caseTensor(given: Case<string, object>, name: string, type: TensorType, seed: number): HostTensor {
  const own = given.fill?.(name);
  if (own) return hostTensor(type, own);
  const next = uniform(seed + name.length * 7919);
  const types: Readonly<Partial<Record<string, TensorType>>> = given.types;
  const codes = types[name.replace('_scale', '')]?.dtype ?? 'f32';
  const sign = () => ((codes === 'i6' || codes === 'i4') && next() < 0.5 ? -1 : 1);
  // Scales as stored, of weights about 1; those of the smaller formats may be negative.
  const scale = () => (sign() * (0.5 + next()) * SCALE_FACTOR) / (LARGEST[codes] ?? 127);
  const value = {
    f32: () => next() * 2 - 1,
    f16: name.endsWith('_scale') ? scale : () => next() * 2 - 1,
    q8: () => next() * 2 - 1,
    u32: () => 0,
    i8: () => Math.floor(next() * 255) - 127,
    i6: () => Math.floor(next() * 64) - 32,
    i4: () => Math.floor(next() * 16) - 8,
  }[type.dtype];
  return hostTensor(type, Float64Array.from({ length: elements(type) }, value));
}
