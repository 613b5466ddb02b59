// linear_i8: y[M, N] = x[M, K] * w[N, K]^T + bias[N] with int8 on both sides (W8A8), then GELU, or added to what y holds.
// x comes from quantize_rows. Sums over 32 of K are exact integers (at most 32 * 127 * 127), the rest is f32.

import { gelu, widenWeights } from './math.ts';
import { type Case, defineOp, elements, expect, type Shapes } from './op.ts';
import { expectWeights, weightTypes } from './weights.ts';

export interface LinearI8Attrs {
  readonly gelu?: boolean;
  readonly accumulate?: boolean;
}

const size = ({ w, y }: Shapes<'w' | 'y'>) => ({ m: elements(y) / w.shape[0]!, n: w.shape[0]!, k: w.shape[1]! });

export const linearI8 = defineOp({
  name: 'linear_i8',
  inputs: ['x', 'x_scale', 'w', 'w_scale'],
  optional: ['bias'],
  outputs: ['y'],

  infer(types, attrs: LinearI8Attrs) {
    const { x, x_scale, w, bias } = types;
    const [n, k] = expectWeights('linear_i8', types);
    const m = elements(x) / k;
    expect(
      x.dtype === 'i8' && w.dtype === 'i8' && elements(x_scale) === (m * k) / 32,
      'linear_i8',
      `x i8[M, ${k}] and its scales`,
      types,
    );
    expect(
      n % 32 === 0 && (!bias || elements(bias) === n),
      'linear_i8',
      `n a multiple of 32, bias f32[${n}] or none`,
      types,
    );
    expect(!attrs.gelu || !attrs.accumulate, 'linear_i8', 'GELU or accumulation, not both', types);
    return { y: { dtype: 'f32', shape: [m, n] } };
  },

  updates: ({ accumulate }) => (accumulate ? ['y'] : []),

  params: (types, { accumulate }) => ({ ...size(types), accumulate: accumulate ? 1 : 0 }),

  reference({ x, x_scale, w, w_scale, bias, y }, attrs) {
    const { m, n, k } = size({ w, y });
    const weights = widenWeights(w, w_scale);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = bias?.data[column] ?? 0;
        for (let i = 0; i < k; i++) {
          sum += x.data[row * k + i]! * x_scale.data[Math.floor((row * k + i) / 32)]! * weights[column * k + i]!;
        }
        if (attrs.gelu) sum = gelu(sum);
        y.data[row * n + column] = attrs.accumulate ? y.data[row * n + column]! + sum : sum;
      }
    }
  },

  tolerance: ({ w }) => ({ abs: 1e-6 * Math.sqrt(w.shape[1]!), rel: 2e-6 }), // as linear

  cases: [
    linearI8Case('ragged', 13, 96, 64),
    linearI8Case('one row', 1, 160, 192),
    linearI8Case('gelu', 9, 64, 128, { gelu: true }),
    linearI8Case('accumulate', 3, 32, 128, { accumulate: true }),
    linearI8Case('tiny encoder tile', 300, 384, 384, {}, true),
  ],

  flops: (types) => 2 * size(types).m * size(types).n * size(types).k,

  variants: [
    {
      name: '',
      workgroups: (types) => [Math.ceil(size(types).n / 32), Math.ceil(size(types).m / 32), 1],
      constants: (_types, attrs) => ({ GELU: attrs.gelu ? 1 : 0 }),
    },
  ],
});

function linearI8Case(
  name: string,
  m: number,
  n: number,
  k: number,
  attrs: LinearI8Attrs = {},
  bench = false,
): Case<'x' | 'x_scale' | 'w' | 'w_scale' | 'bias', LinearI8Attrs> {
  return {
    name,
    attrs,
    bench,
    types: {
      x: { dtype: 'i8', shape: [m, k] },
      x_scale: { dtype: 'f32', shape: [m, k / 32] },
      ...weightTypes('i8', n, k),
      bias: { dtype: 'f32', shape: [n] },
    },
    // Positive scales near 1 / 127.
    fill: (tensor) =>
      tensor === 'x_scale' ? Array.from({ length: (m * k) / 32 }, (_, i) => (1 + (i % 7)) / 512) : undefined,
  };
}
