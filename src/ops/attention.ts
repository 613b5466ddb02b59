// attention: y = softmax(q k^T / sqrt(64)) v per head, every query over all keys (openai/whisper model.py MultiHeadAttention, encoder).
// q is [R, d] (some rows of the window at a time), k and v are [T, d]; head h is columns 64 h .. 64 h + 63.

import { type Case, type DType, defineOp, expect } from './op.ts';

export const HEAD = 64;

/** Queries of a lane in kernels for software adapters: see kernels/generate. */
const QUERIES = 2;

export const attention = defineOp({
  name: 'attention',
  inputs: ['q', 'k', 'v'],
  outputs: ['y'],

  infer(types) {
    const { q, k, v } = types;
    const [, n_state] = q.shape;
    expect(q.dtype === 'f32' && q.shape.length === 2 && n_state! % HEAD === 0, 'attention', 'q f32[R, 64 H]', types);
    const same = k.dtype === v.dtype && k.shape.join() === v.shape.join() && k.shape[1] === n_state;
    const kept = ['f16', 'f32', 'q8'].includes(k.dtype);
    expect(same && kept, 'attention', `k and v f16, f32 or q8[T, ${n_state}]`, types);
    return { y: { dtype: 'f32', shape: q.shape } };
  },

  params: ({ q, k }) => ({ n_query: q.shape[0]!, n_key: k.shape[0]!, n_state: q.shape[1]! }),

  reference({ q, k, v, y }) {
    const [n_query, n_state] = q.shape as readonly [number, number];
    const n_key = k.shape[0]!;
    const weights = new Float64Array(n_key);
    for (let row = 0; row < n_query; row++) {
      for (let head = 0; head < n_state; head += HEAD) {
        for (let t = 0; t < n_key; t++) {
          let score = 0;
          for (let c = head; c < head + HEAD; c++) score += q.data[row * n_state + c]! * k.data[t * n_state + c]!;
          weights[t] = score / Math.sqrt(HEAD);
        }
        softmax(weights);
        for (let c = head; c < head + HEAD; c++) {
          let sum = 0;
          for (let t = 0; t < n_key; t++) sum += weights[t]! * v.data[t * n_state + c]!;
          y.data[row * n_state + c] = sum;
        }
      }
    }
  },

  // Weights sum to 1 and values are about 1; exp2 may be off by some units in the last place per unit of its argument.
  tolerance: { abs: 4e-6, rel: 1e-5 },

  flops: ({ q, k }) => 4 * q.shape[0]! * k.shape[0]! * q.shape[1]!,

  cases: [
    attentionCase('tiny encoder tile', 'f16', 150, 1500, 384, true),
    attentionCase('tiny encoder tile', 'f32', 150, 1500, 384, true),
    attentionCase('tiny encoder tile', 'q8', 150, 1500, 384, true),
    attentionCase('ragged', 'q8', 13, 67, 128),
    attentionCase('ragged', 'f16', 13, 67, 128),
    attentionCase('ragged', 'f32', 13, 67, 128),
    attentionCase('one key', 'f16', 3, 1, 64),
    { ...attentionCase('peaked', 'f32', 5, 40, 64), fill: (name) => (name === 'q' ? peaked(5 * 64) : undefined) },
  ],

  variants: [
    ...[4, 8].map((lanes) => ({
      name: `cpu${lanes}`,
      runs: (_t: unknown, _a: unknown, caps: { subgroupSize: number }) => caps.subgroupSize === lanes,
      suits: (_t: unknown, _a: unknown, caps: { cpu: boolean }) => caps.cpu,
      workgroups: ({ q }: { q: { shape: readonly number[] } }) =>
        [Math.ceil(q.shape[0]! / (lanes * QUERIES)), q.shape[1]! / HEAD, 1] as const,
    })),
    { name: '', workgroups: ({ q }) => [Math.ceil(q.shape[0]! / 64), q.shape[1]! / HEAD, 1] },
  ],
});

/** In place, stable. */
export function softmax(scores: Float64Array): void {
  const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i]! - highest);
  for (let i = 0; i < scores.length; i++) scores[i]! /= sum;
}

function attentionCase(
  name: string,
  dtype: DType,
  queries: number,
  keys: number,
  n_state: number,
  bench = false,
): Case<'q' | 'k' | 'v', object> {
  const kv = { dtype, shape: [keys, n_state] };
  return { name: `${dtype} ${name}`, bench, types: { q: { dtype: 'f32', shape: [queries, n_state] }, k: kv, v: kv } };
}

/** Large scores: without the running maximum exp would overflow. */
function peaked(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => 60 * Math.sin(i));
}
