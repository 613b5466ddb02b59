// split_kv: rows [key | value] of f32 to keys and values as attention reads them, f16 or f32.

import { type Case, type DType, defineOp, expect } from './op.ts';

export const splitKv = defineOp({
  name: 'split_kv',
  inputs: ['x'],
  outputs: ['k', 'v'],

  infer(types, { dtype }: { readonly dtype: 'f16' | 'f32' }) {
    const [rows, both] = types.x.shape as readonly [number, number];
    expect(types.x.dtype === 'f32' && both % 8 === 0, 'split_kv', 'x f32[R, 2 n_state]', types);
    const half = { dtype, shape: [rows, both / 2] };
    return { k: half, v: half };
  },

  params: ({ k }) => ({ n_rows: k.shape[0]!, n4: k.shape[1]! / 4 }),

  reference({ x, k, v }) {
    const n = k.shape[1]!;
    for (let row = 0; row < k.shape[0]!; row++) {
      for (let c = 0; c < n; c++) {
        k.data[row * n + c] = x.data[2 * row * n + c]!;
        v.data[row * n + c] = x.data[(2 * row + 1) * n + c]!;
      }
    }
  },

  tolerance: { abs: 0, rel: 0 }, // the format's own rounding aside, which may go either way at a tie

  cases: [splitKvCase('f16', 300, 384, true), splitKvCase('f16', 3, 68), splitKvCase('f32', 5, 64)],

  variants: [{ name: '', workgroups: ({ k }) => [Math.ceil((k.shape[0]! * k.shape[1]!) / 256), 1, 1] }],
});

function splitKvCase(
  dtype: DType & ('f16' | 'f32'),
  rows: number,
  n: number,
  bench = false,
): Case<'x', { dtype: 'f16' | 'f32' }> {
  return {
    name: `${dtype} of ${rows} x ${n}`,
    bench,
    attrs: { dtype },
    types: { x: { dtype: 'f32', shape: [rows, 2 * n] } },
  };
}
