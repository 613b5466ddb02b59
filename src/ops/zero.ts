// zero: clears a tensor (the row of padding before the first frame that the second convolution reads).

import { defineOp, elements, expect } from './op.ts';

export const zero = defineOp({
  name: 'zero',
  inputs: [],
  outputs: ['y'],

  infer(_types, { shape }: { readonly shape: readonly number[] }) {
    expect(shape.length > 0, 'zero', 'a shape', {});
    return { y: { dtype: 'f32', shape } };
  },

  params: ({ y }) => ({ n: elements(y) }),

  reference({ y }) {
    y.data.fill(0);
  },

  tolerance: { abs: 0, rel: 0 }, // no arithmetic

  cases: [
    { name: 'a row', types: {}, attrs: { shape: [1, 384] } },
    { name: 'ragged', types: {}, attrs: { shape: [67] } },
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(elements(y) / 64), 1, 1] }],
});
