// narrow: f32 to f16, or to int8 codes with a scale for every 64 (q8), for what is kept long and read often.
// Rows of x become rows `first` .. of y; rows before stay.

import { HEAD } from './attention.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

export interface NarrowAttrs {
  readonly dtype: 'f16' | 'q8';
  /** Row of y that the first row of x becomes. */
  readonly first: number;
}

export const narrow = defineOp({
  name: 'narrow',
  inputs: ['x'],
  outputs: ['y'],
  updates: ({ first }) => (first > 0 ? ['y'] : []),

  infer(types, { dtype, first }: NarrowAttrs) {
    const [rows, n] = types.x.shape as readonly [number, number];
    const whole = dtype === 'q8' ? HEAD : 4;
    expect(types.x.dtype === 'f32' && n % whole === 0, 'narrow', `x f32[R, n], n a multiple of ${whole}`, types);
    return { y: { dtype, shape: [first + rows, n] } };
  },

  params: ({ x }, { first }) => ({ n4: elements(x) / 4, first4: (first * x.shape[1]!) / 4 }),

  reference({ x, y }, { first }) {
    y.data.set(x.data, first * x.shape[1]!);
  },

  tolerance: { abs: 0, rel: 0 }, // the format's own rounding aside, which may go either way at a tie

  cases: [
    narrowCase('f16', 100, 384, 0, true),
    narrowCase('q8', 100, 384, 0, true),
    narrowCase('f16', 1, 68),
    narrowCase('f16', 3, 64, 2),
    narrowCase('q8', 1, 64),
    narrowCase('q8', 3, 192, 2),
  ],

  variants: [
    { name: '', runs: ({ y }) => y.dtype !== 'q8', workgroups: ({ x }) => [Math.ceil(elements(x) / 256), 1, 1] },
    {
      name: 'q8',
      runs: ({ y }) => y.dtype === 'q8',
      workgroups: ({ x }) => [Math.ceil(elements(x) / (HEAD * 64)), 1, 1],
    },
  ],
});

function narrowCase(
  dtype: 'f16' | 'q8',
  rows: number,
  n: number,
  first = 0,
  bench = false,
): Case<'x' | 'y', NarrowAttrs> {
  const name = `${dtype} of ${rows} x ${n}${first > 0 ? ` from row ${first}` : ''}`;
  return { name, bench, attrs: { dtype, first }, types: { x: { dtype: 'f32', shape: [rows, n] } } };
}
