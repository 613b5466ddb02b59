// narrow: f32 to f16, for what is kept long and read often.

import { type Case, defineOp, elements, expect } from './op.ts';

export const narrow = defineOp({
  name: 'narrow',
  inputs: ['x'],
  outputs: ['y'],

  infer(types) {
    const { x } = types;
    expect(x.dtype === 'f32' && elements(x) % 4 === 0, 'narrow', 'x f32 with a multiple of 4 elements', types);
    return { y: { dtype: 'f16', shape: x.shape } };
  },

  params: ({ x }) => ({ n4: elements(x) / 4 }),

  reference({ x, y }) {
    y.data.set(x.data);
  },

  tolerance: { abs: 0, rel: 0 }, // the format's own rounding aside, which may go either way at a tie

  cases: [narrowCase('tiny features tile', 100, 384, true), narrowCase('one row', 1, 68)],

  variants: [{ name: '', workgroups: ({ x }) => [Math.ceil(elements(x) / 256), 1, 1] }],
});

function narrowCase(name: string, rows: number, n: number, bench = false): Case<'x', object> {
  return { name, bench, types: { x: { dtype: 'f32', shape: [rows, n] } } };
}
