// gather_rows: y[i] = x[index[i]]; a row of y whose index is no row of x stays as it is. Picks each sequence's last row out of a prefill.

import { defineOp, elements, expect } from './op.ts';

export const gatherRows = defineOp({
  name: 'gather_rows',
  inputs: ['x', 'index'],
  outputs: ['y'],
  updates: () => ['y'],

  infer(types) {
    const { x, index } = types;
    expect(x.dtype === 'f32' && x.shape[1]! % 4 === 0, 'gather_rows', 'x f32[R, n], n a multiple of 4', types);
    expect(index.dtype === 'u32', 'gather_rows', 'index u32', types);
    return { y: { dtype: 'f32', shape: [elements(index), x.shape[1]!] } };
  },

  params: ({ x }) => ({ n_rows: x.shape[0]!, n4: x.shape[1]! / 4 }),

  reference({ x, index, y }) {
    const [rows, n] = x.shape as readonly [number, number];
    index.data.forEach((row, i) => {
      if (row < rows) y.data.set(x.data.subarray(row * n, (row + 1) * n), i * n);
    });
  },

  tolerance: { abs: 0, rel: 0 }, // copies

  cases: [
    {
      name: 'one kept',
      types: { x: { dtype: 'f32', shape: [5, 68] }, index: { dtype: 'u32', shape: [3] } },
      fill: (name) => (name === 'index' ? [4, 0xffffffff, 0] : undefined),
    },
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(elements(y) / 256), 1, 1] }],
});
