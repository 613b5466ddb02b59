// layer_norm: y = (x - mean) / sqrt(variance + 1e-5) * weight + bias over the last dimension, in f32 (openai/whisper model.py LayerNorm).

import { type Case, defineOp, elements, expect } from './op.ts';

const EPS = 1e-5;

export const layerNorm = defineOp({
  name: 'layer_norm',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['y'],

  infer(types) {
    const { x, weight, bias } = types;
    const n = x.shape.at(-1)!;
    expect(x.dtype === 'f32' && n % 4 === 0, 'layer_norm', 'x f32 with rows of a multiple of 4', types);
    for (const vector of [weight, bias]) {
      expect(vector.dtype === 'f32' && elements(vector) === n, 'layer_norm', `weight and bias f32[${n}]`, types);
    }
    return { y: { dtype: 'f32', shape: x.shape } };
  },

  params: ({ x }) => ({ n_state: x.shape.at(-1)!, eps: EPS }),

  reference({ x, weight, bias, y }) {
    const n = x.shape.at(-1)!;
    for (let row = 0; row < x.data.length; row += n) {
      let mean = 0;
      for (let c = 0; c < n; c++) mean += x.data[row + c]! / n;
      let variance = 0;
      for (let c = 0; c < n; c++) variance += (x.data[row + c]! - mean) ** 2 / n;
      for (let c = 0; c < n; c++) {
        y.data[row + c] = ((x.data[row + c]! - mean) / Math.sqrt(variance + EPS)) * weight.data[c]! + bias.data[c]!;
      }
    }
  },

  // inverseSqrt may be off by 2 units in the last place; a mean of 20 rounds by 1e-6, which a spread below 1 enlarges.
  tolerance: { abs: 4e-6, rel: 4e-6 },

  cases: [
    layerNormCase('tiny encoder tile', 300, 384, true),
    layerNormCase('large decode step', 1, 1280, true),
    layerNormCase('ragged', 13, 68),
    { ...layerNormCase('far from zero', 3, 128), fill: (name) => (name === 'x' ? offsetRows(3, 128) : undefined) },
  ],

  variants: [
    {
      name: 'cpu',
      suits: (_types, _attrs, caps) => caps.cpu,
      workgroups: ({ x }) => [Math.ceil(elements(x) / x.shape.at(-1)! / 8), 1, 1],
    },
    { name: '', workgroups: ({ x }) => [elements(x) / x.shape.at(-1)!, 1, 1] },
  ],
});

function layerNormCase(name: string, rows: number, n: number, bench = false): Case<'x' | 'weight' | 'bias', object> {
  const vector = { dtype: 'f32', shape: [n] } as const;
  return { name, bench, types: { x: { dtype: 'f32', shape: [rows, n] }, weight: vector, bias: vector } };
}

/** Small deviations around 20: a variance of E[x^2] - mean^2 would lose them. */
function offsetRows(rows: number, n: number): Float64Array {
  return Float64Array.from({ length: rows * n }, (_, i) => 20 + Math.sin(i));
}
