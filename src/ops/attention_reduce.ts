// attention_reduce: joins the runs of cross_attention or absorbed_attention, [R, heads, splits, n + 4] -> [R, heads * n]. A run is n
// unnormalised sums, its highest score in powers of two, its weight, two zeros; n is 64, or the width of the features.

import { type Case, defineOp, elements, expect } from './op.ts';

export const attentionReduce = defineOp({
  name: 'attention_reduce',
  inputs: ['x'],
  outputs: ['y'],

  infer(types) {
    const { dtype, shape } = types.x;
    expect(
      dtype === 'f32' && shape.length === 4 && shape[3]! % 4 === 0,
      'attention_reduce',
      'x f32[R, H, S, n + 4]',
      types,
    );
    const [rows, heads, , run] = shape as readonly [number, number, number, number];
    return { y: { dtype: 'f32', shape: [rows, heads * (run - 4)] } };
  },

  params: ({ x, y }) => ({ n: elements(y) / 4, width: x.shape[3]! / 4 - 1, splits: x.shape[2]! }),

  reference({ x, y }) {
    const [, , splits, run] = x.shape as readonly [number, number, number, number];
    const n = run - 4;
    for (let i = 0; i < y.data.length; i++) {
      const runs = Array.from({ length: splits }, (_, s) => (Math.floor(i / n) * splits + s) * run);
      const highest = Math.max(...runs.map((at) => x.data[at + n]!));
      let sum = 0;
      let weight = 0;
      for (const at of runs) {
        sum += 2 ** (x.data[at + n]! - highest) * x.data[at + (i % n)]!;
        weight += 2 ** (x.data[at + n]! - highest) * x.data[at + n + 1]!;
      }
      y.data[i] = weight > 0 ? sum / weight : 0; // all runs are empty where a row is not in use
    }
  },

  tolerance: { abs: 2e-6, rel: 1e-5 }, // a handful of terms

  cases: [
    reduceCase('tiny decode step', 1, 6, 8, 64, true),
    reduceCase('tiny decode step, features', 1, 6, 8, 384, true),
    reduceCase('ragged', 3, 2, 5, 64),
    reduceCase('one run', 2, 1, 1, 64),
    reduceCase('only empty runs', 1, 1, 2, 64),
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(elements(y) / 256), 1, 1] }],
});

function reduceCase(
  name: string,
  rows: number,
  heads: number,
  splits: number,
  width: number,
  bench = false,
): Case<'x', object> {
  const run = width + 4;
  const n = rows * heads * splits * run;
  // Weights are positive, scores far apart; an empty run has the lowest score and weight 0.
  const value = (i: number) => {
    const at = i % run;
    const empty = name.includes('empty') || (splits > 1 && Math.floor(i / run) % splits === splits - 1);
    if (at === width) return empty ? -1e30 : 20 * Math.sin(i);
    if (at === width + 1) return empty ? 0 : 1 + (i % 9);
    return empty ? 0 : Math.cos(i);
  };
  return {
    name,
    bench,
    types: { x: { dtype: 'f32', shape: [rows, heads, splits, run] } },
    fill: (tensor) => (tensor === 'x' ? Array.from({ length: n }, (_, i) => value(i)) : undefined),
  };
}
