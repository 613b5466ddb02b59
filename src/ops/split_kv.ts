// split_kv: rows [key | value] of f32 to keys and values as attention reads them: f16, f32 or int8 codes with a scale a head (q8).
// They become keys `first` .. of k and v; keys before stay. Either key after key, [T, n], or head after head, [H, T, 64]: whoever reads one
// head alone then reads a run of memory.

import { HEAD } from './attention.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

/** How keys and values are kept. */
export type KeptType = 'f16' | 'f32' | 'q8';

export interface SplitKvAttrs {
  readonly dtype: KeptType;
  /** Key of k and v that the first row of x becomes. */
  readonly first: number;
  /** Head after head, of so many keys each. */
  readonly keys?: number;
}

export const splitKv = defineOp({
  name: 'split_kv',
  inputs: ['x'],
  outputs: ['k', 'v'],

  updates: ({ first, keys }) => (first > 0 || keys ? ['k', 'v'] : []),

  infer(types, { dtype, first, keys }: SplitKvAttrs) {
    const [rows, both] = types.x.shape as readonly [number, number];
    expect(
      types.x.dtype === 'f32' && both % (2 * HEAD) === 0 && first + rows <= (keys ?? Number.POSITIVE_INFINITY),
      'split_kv',
      `x f32[R, 128 H], R keys from ${first} on${keys ? ` of ${keys}` : ''}`,
      types,
    );
    const n = both / 2;
    const half = { dtype, shape: keys ? [n / HEAD, keys, HEAD] : [first + rows, n] };
    return { k: half, v: half };
  },

  params({ x }, { first, keys }) {
    const heads = x.shape[1]! / (2 * HEAD);
    const steps = keys ? { key_step: 1, head_step: keys } : { key_step: heads, head_step: 1 };
    return { n_rows: x.shape[0]!, heads, first, ...steps };
  },

  reference({ x, k, v }, { first, keys }) {
    const n = x.shape[1]! / 2;
    for (let row = 0; row < x.shape[0]!; row++) {
      for (let c = 0; c < n; c++) {
        const to = keys ? (Math.floor(c / HEAD) * keys + first + row) * HEAD + (c % HEAD) : (first + row) * n + c;
        k.data[to] = x.data[2 * row * n + c]!;
        v.data[to] = x.data[(2 * row + 1) * n + c]!;
      }
    }
  },

  tolerance: { abs: 0, rel: 0 }, // the format's own rounding aside, which may go either way at a tie

  cases: [
    splitKvCase('f16', 300, 384, {}, true),
    splitKvCase('q8', 300, 384, {}, true),
    splitKvCase('f16', 3, 192),
    splitKvCase('f16', 3, 192, { first: 2, keys: 7 }),
    splitKvCase('q8', 3, 192, { first: 2, keys: 7 }),
    splitKvCase('f32', 5, 64, { first: 2 }),
    splitKvCase('q8', 1, 64),
    splitKvCase('q8', 5, 192, { first: 2 }),
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
  { first = 0, keys }: { readonly first?: number; readonly keys?: number } = {},
  bench = false,
): Case<'x' | 'k' | 'v', SplitKvAttrs> {
  return {
    name: `${dtype} of ${rows} x ${n}${first > 0 ? ` from key ${first}` : ''}${keys ? ' by heads' : ''}`,
    bench,
    attrs: { dtype, first, ...(keys && { keys }) },
    types: { x: { dtype: 'f32', shape: [rows, 2 * n] } },
  };
}

/** Keys of which one head is zeros, and the other has an element that dwarfs the rest. */
function outliers(): Float64Array {
  return Float64Array.from({ length: 256 }, (_, i) => (i < 64 ? 0 : i === 70 ? -631 : Math.sin(i)));
}
