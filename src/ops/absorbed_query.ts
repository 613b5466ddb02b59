// absorbed_query: y[r, h] = W_h^T q[r, h], q [R, d] and y [R, H, d], with W_h the 64 rows of head h of the key projection `w` [d, d].
//
// Keys are W xa and have no bias, so a score q . (W_h xa_t) is (W_h^T q) . xa_t: all decoder layers then attend over the one encoder output,
// and no layer keeps keys of the audio. absorbed_attention and absorbed_values do the rest.

import { HEAD } from './attention.ts';
import { widenWeights } from './math.ts';
import { type Case, type DType, defineOp, expect } from './op.ts';
import { expectWeights, weightTypes } from './weights.ts';

export const absorbedQuery = defineOp({
  name: 'absorbed_query',
  inputs: ['q', 'w'],
  optional: ['w_scale'],
  outputs: ['y'],

  infer(types) {
    const [rows, n_state] = types.q.shape as readonly [number, number];
    const [n, k] = expectWeights('absorbed_query', types);
    expect(types.q.dtype === 'f32' && n_state % HEAD === 0, 'absorbed_query', 'q f32[R, 64 H]', types);
    expect(n === n_state && k === n_state, 'absorbed_query', `w [${n_state}, ${n_state}]`, types);
    return { y: { dtype: 'f32', shape: [rows, n_state / HEAD, n_state] } };
  },

  params: ({ q }) => ({ n_state: q.shape[1]! }),

  reference({ q, w, w_scale, y }) {
    const [rows, n] = q.shape as readonly [number, number];
    const weights = widenWeights(w, w_scale);
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < n / HEAD; head++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let c = head * HEAD; c < (head + 1) * HEAD; c++) sum += q.data[row * n + c]! * weights[c * n + j]!;
          y.data[(row * (n / HEAD) + head) * n + j] = sum;
        }
      }
    }
  },

  tolerance: { abs: 8e-6, rel: 2e-6 }, // f32 sums of 64 products of magnitude up to 1

  flops: ({ q }) => 2 * q.shape[0]! * q.shape[1]! ** 2,

  cases: [
    absorbedQueryCase('f16', 1, 384, true),
    absorbedQueryCase('i8', 1, 384, true),
    absorbedQueryCase('i8', 16, 384, true),
    absorbedQueryCase('f32', 3, 64),
    absorbedQueryCase('i8', 2, 128),
    absorbedQueryCase('i6', 2, 128),
    absorbedQueryCase('i4', 2, 128),
  ],

  variants: [{ name: '', workgroups: ({ q }) => [Math.ceil(q.shape[1]! / 512), q.shape[1]! / HEAD, q.shape[0]!] }],
});

function absorbedQueryCase(dtype: DType, rows: number, n: number, bench = false): Case<'q' | 'w' | 'w_scale', object> {
  const q = { dtype: 'f32', shape: [rows, n] } as const;
  return { name: `${dtype} ${rows} x ${n}`, bench, types: { q, ...weightTypes(dtype, n, n) } };
}
