// target_prob: probability of one token of each row, by the softmax over the first `count` logits: the text tokens'
// (openai/whisper timing.py find_alignment). Rows of logits are a run of the rows that `targets` and y have, from `first` on.

import { type Case, defineOp, elements, expect } from './op.ts';

export interface TargetProbAttrs {
  readonly count: number;
  readonly first: number;
}

export const targetProb = defineOp({
  name: 'target_prob',
  inputs: ['logits', 'targets'],
  outputs: ['y'],
  updates: () => ['y'],

  infer(types, { count, first }: TargetProbAttrs) {
    const { logits, targets } = types;
    const [rows, stride] = logits.shape as readonly [number, number];
    expect(logits.dtype === 'f32' && stride >= count, 'target_prob', `logits f32[R, >= ${count}]`, types);
    const inside = targets.dtype === 'u32' && elements(targets) >= first + rows;
    expect(inside, 'target_prob', `targets u32[>= ${first + rows}]`, types);
    return { y: { dtype: 'f32', shape: [elements(targets)] } };
  },

  params: ({ logits }, { count, first }) => ({ stride: logits.shape[1]!, count, first }),

  reference({ logits, targets, y }, { count, first }) {
    const stride = logits.shape[1]!;
    for (let row = 0; row < logits.shape[0]!; row++) {
      const own = logits.data.subarray(row * stride, row * stride + count) as Float32Array;
      const highest = own.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
      const sum = own.reduce((total, logit) => total + Math.exp(logit - highest), 0);
      y.data[first + row] = Math.exp(own[Math.min(targets.data[first + row]!, count - 1)]! - highest) / sum;
    }
  },

  tolerance: { abs: 1e-7, rel: 2e-5 }, // sums of up to 50257 exponentials, by 64 running sums

  cases: [
    targetCase('two rows', 2, 100, 90),
    targetCase('rows of more', 3, 100, 90, 2),
    targetCase('vocabulary', 4, 51904, 50256, 4, true),
  ],

  variants: [{ name: '', workgroups: ({ logits }) => [logits.shape[0]!, 1, 1] }],
});

function targetCase(
  name: string,
  rows: number,
  stride: number,
  count: number,
  first = 0,
  bench = false,
): Case<'logits' | 'targets', TargetProbAttrs> {
  return {
    name,
    bench,
    attrs: { count, first },
    types: { logits: { dtype: 'f32', shape: [rows, stride] }, targets: { dtype: 'u32', shape: [rows + first + 1] } },
    fill: (tensor) => (tensor === 'targets' ? Array.from({ length: rows + first + 1 }, (_, i) => i * 17) : undefined),
  };
}
