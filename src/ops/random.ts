// Seeded test data: the same on every machine.

import { hostTensor } from './host_tensor.ts';
import { SCALE_FACTOR } from './math.ts';
import { type Case, elements, type HostTensor, type TensorType } from './op.ts';

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

/** Values for a tensor of a case: its own `fill`, else random ones fit for the element type. */
export function caseTensor(given: Case<string, object>, name: string, type: TensorType, seed: number): HostTensor {
  const own = given.fill?.(name);
  if (own) return hostTensor(type, own);
  const next = uniform(seed + name.length * 7919);
  const value = {
    f32: () => next() * 2 - 1,
    // Scales as stored, of weights about 1.
    f16: name.endsWith('_scale') ? () => ((0.5 + next()) * SCALE_FACTOR) / 127 : () => next() * 2 - 1,
    u32: () => 0,
    i8: () => Math.floor(next() * 255) - 127,
    i6: () => Math.floor(next() * 64) - 32,
    i4: () => Math.floor(next() * 16) - 8,
  }[type.dtype];
  return hostTensor(type, Float64Array.from({ length: elements(type) }, value));
}
