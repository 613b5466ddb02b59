// attention_reduce: joins cross_attention's runs of keys, [R, heads, splits, 68] -> [R, 64 * heads]. It assumes no subgroup width.

import { HEAD } from './attention.ts';
import { PARTIAL } from './cross_attention.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

export const attentionReduce = defineOp({
  name: 'attention_reduce',
  inputs: ['x'],
  outputs: ['y'],

  infer(types) {
    const [rows, heads, , partial] = types.x.shape as readonly number[];
    expect(types.x.dtype === 'f32' && partial === PARTIAL, 'attention_reduce', `x f32[R, H, S, ${PARTIAL}]`, types);
    return { y: { dtype: 'f32', shape: [rows!, heads! * HEAD] } };
  },

  params: ({ x, y }) => ({ n: elements(y) / 4, splits: x.shape[2]! }),

  reference({ x, y }) {
    const splits = x.shape[2]!;
    for (let i = 0; i < y.data.length; i++) {
      const runs = Array.from({ length: splits }, (_, s) => (Math.floor(i / HEAD) * splits + s) * PARTIAL);
      const highest = Math.max(...runs.map((at) => x.data[at + HEAD]!));
      let sum = 0;
      let weight = 0;
      for (const at of runs) {
        sum += 2 ** (x.data[at + HEAD]! - highest) * x.data[at + (i % HEAD)]!;
        weight += 2 ** (x.data[at + HEAD]! - highest) * x.data[at + HEAD + 1]!;
      }
      y.data[i] = sum / weight;
    }
  },

  tolerance: { abs: 2e-6, rel: 1e-5 }, // a handful of terms

  cases: [reduceCase('tiny decode step', 1, 6, 8, true), reduceCase('ragged', 3, 2, 5), reduceCase('one run', 2, 1, 1)],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(elements(y) / 256), 1, 1] }],
});

function reduceCase(name: string, rows: number, heads: number, splits: number, bench = false): Case<'x', object> {
  const n = rows * heads * splits * PARTIAL;
  // Weights are positive, scores far apart; an empty run has the lowest score and weight 0.
  const value = (i: number) => {
    const at = i % PARTIAL;
    const empty = splits > 1 && Math.floor(i / PARTIAL) % splits === splits - 1;
    if (at === HEAD) return empty ? -1e30 : 20 * Math.sin(i);
    if (at === HEAD + 1) return empty ? 0 : 1 + (i % 9);
    return empty ? 0 : Math.cos(i);
  };
  return {
    name,
    bench,
    types: { x: { dtype: 'f32', shape: [rows, heads, splits, PARTIAL] } },
    fill: (tensor) => (tensor === 'x' ? Array.from({ length: n }, (_, i) => value(i)) : undefined),
  };
}
