// split_kv: rows [key | value] of f32 to keys and values as attention reads them: f16, f32 or int8 codes with a scale a head (q8).
// They become rows `first` .. of k and v; rows before stay.

import { HEAD } from './attention.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

/** How keys and values are kept. */
export type KeptType = 'f16' | 'f32' | 'q8';

export interface SplitKvAttrs {
  readonly dtype: KeptType;
  /** Row of k and v that the first row of x becomes. */
  readonly first: number;
}

export const splitKv = defineOp({
  name: 'split_kv',
  inputs: ['x'],
  outputs: ['k', 'v'],

  updates: ({ first }) => (first > 0 ? ['k', 'v'] : []),

  infer(types, { dtype, first }: SplitKvAttrs) {
    const [rows, both] = types.x.shape as readonly [number, number];
    const whole = dtype === 'q8' ? 2 * HEAD : 8;
    expect(
      types.x.dtype === 'f32' && both % whole === 0,
      'split_kv',
      `x f32[R, 2 n], 2 n a multiple of ${whole}`,
      types,
    );
    const half = { dtype, shape: [first + rows, both / 2] };
    return { k: half, v: half };
  },

  params: ({ x }, { first }) => ({ n_rows: x.shape[0]!, n4: x.shape[1]! / 8, first }),

  reference({ x, k, v }, { first }) {
    const n = k.shape[1]!;
    for (let row = 0; row < x.shape[0]!; row++) {
      for (let c = 0; c < n; c++) {
        k.data[(first + row) * n + c] = x.data[2 * row * n + c]!;
        v.data[(first + row) * n + c] = x.data[(2 * row + 1) * n + c]!;
      }
    }
  },

  tolerance: { abs: 0, rel: 0 }, // the format's own rounding aside, which may go either way at a tie

  cases: [
    splitKvCase('f16', 300, 384, 0, true),
    splitKvCase('q8', 300, 384, 0, true),
    splitKvCase('f16', 3, 68),
    splitKvCase('f32', 5, 64, 2),
    splitKvCase('q8', 1, 64),
    splitKvCase('q8', 5, 192, 2),
    {
      ...splitKvCase('q8', 1, 128),
      name: 'q8 zeros and outliers',
      fill: (name) => (name === 'x' ? outliers() : undefined),
    },
  ],

  variants: [
    {
      name: '',
      runs: ({ k }) => k.dtype !== 'q8',
      workgroups: ({ x }) => [Math.ceil(elements(x) / 512), 1, 1],
    },
    {
      name: 'q8',
      runs: ({ k }) => k.dtype === 'q8',
      workgroups: ({ x }) => [Math.ceil(elements(x) / (2 * HEAD * 64)), 1, 1],
    },
  ],
});

function splitKvCase(
  dtype: KeptType,
  rows: number,
  n: number,
  first = 0,
  bench = false,
): Case<'x' | 'k' | 'v', SplitKvAttrs> {
  return {
    name: `${dtype} of ${rows} x ${n}${first > 0 ? ` from row ${first}` : ''}`,
    bench,
    attrs: { dtype, first },
    types: { x: { dtype: 'f32', shape: [rows, 2 * n] } },
  };
}

/** Keys of which one head is zeros, and the other has an element that dwarfs the rest. */
function outliers(): Float64Array {
  return Float64Array.from({ length: 256 }, (_, i) => (i < 64 ? 0 : i === 70 ? -631 : Math.sin(i)));
}
