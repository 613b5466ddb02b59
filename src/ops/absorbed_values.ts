// absorbed_values: y[r, 64 h + c] = w[64 h + c] . x[r, h] + bias, x [R, H, d] and y [R, d]: each head's mean of audio features through
// its 64 rows of the value projection. Weights of attention add up to 1, so this is the mean of the values (absorbed_query says why).

import { HEAD } from './attention.ts';
import { widenWeights } from './math.ts';
import { type Case, type DType, defineOp, elements, expect } from './op.ts';
import { expectWeights, weightTypes } from './weights.ts';

export const absorbedValues = defineOp({
  name: 'absorbed_values',
  inputs: ['x', 'w'],
  optional: ['w_scale', 'bias'],
  outputs: ['y'],

  infer(types) {
    const { x, bias } = types;
    const [n, k] = expectWeights('absorbed_values', types);
    const rows = elements(x) / ((n / HEAD) * k);
    expect(n === k && n % HEAD === 0, 'absorbed_values', 'w [64 H, 64 H]', types);
    expect(x.dtype === 'f32' && Number.isInteger(rows), 'absorbed_values', `x f32[R, ${n / HEAD}, ${n}]`, types);
    expect(!bias || (bias.dtype === 'f32' && elements(bias) === n), 'absorbed_values', `bias f32[${n}]`, types);
    return { y: { dtype: 'f32', shape: [rows, n] } };
  },

  params: ({ w }) => ({ n_state: w.shape[0]! }),

  reference({ x, w, w_scale, bias, y }) {
    const [rows, n] = y.shape as readonly [number, number];
    const weights = widenWeights(w, w_scale);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < n; c++) {
        const head = (row * (n / HEAD) + Math.floor(c / HEAD)) * n;
        let sum = bias?.data[c] ?? 0;
        for (let j = 0; j < n; j++) sum += x.data[head + j]! * weights[c * n + j]!;
        y.data[row * n + c] = sum;
      }
    }
  },

  tolerance: ({ w }) => ({ abs: 1e-6 * Math.sqrt(w.shape[1]!), rel: 2e-6 }), // as linear

  flops: ({ w, y }) => 2 * elements(y) * w.shape[1]!,

  cases: [
    absorbedValuesCase('f16', 1, 384, true),
    absorbedValuesCase('i8', 1, 384, true),
    absorbedValuesCase('i8', 16, 384, true),
    absorbedValuesCase('f32', 3, 64),
    absorbedValuesCase('i8', 2, 128),
    absorbedValuesCase('i6', 2, 128),
    absorbedValuesCase('i4', 2, 128),
  ],

  variants: [
    {
      name: 'cpu',
      suits: (_types, _attrs, caps) => caps.cpu,
      workgroups: ({ w, y }) => [Math.ceil(w.shape[0]! / 256), y.shape[0]!, 1],
    },
    { name: '', workgroups: ({ w, y }) => [w.shape[0]! / 8, y.shape[0]!, 1] },
  ],
});

function absorbedValuesCase(
  dtype: DType,
  rows: number,
  n: number,
  bench = false,
): Case<'x' | 'w' | 'w_scale' | 'bias', object> {
  const x = { dtype: 'f32', shape: [rows, n / HEAD, n] } as const;
  const bias = { dtype: 'f32', shape: [n] } as const;
  return { name: `${dtype} ${rows} x ${n}`, bench, types: { x, ...weightTypes(dtype, n, n), bias } };
}
