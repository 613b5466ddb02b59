// quantize_rows: activations as int8 codes with an f32 scale per 32 of a row, for linear_i8 (W8A8).

import { BLOCK } from './math.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

export const quantizeRows = defineOp({
  name: 'quantize_rows',
  inputs: ['x'],
  outputs: ['y', 'y_scale'],

  infer(types) {
    const { shape, dtype } = types.x;
    const k = shape.at(-1)!;
    expect(dtype === 'f32' && k % BLOCK === 0, 'quantize_rows', 'x f32 with rows of a multiple of 32', types);
    return { y: { dtype: 'i8', shape }, y_scale: { dtype: 'f32', shape: [...shape.slice(0, -1), k / BLOCK] } };
  },

  params: ({ y_scale }) => ({ n: elements(y_scale) }),

  reference({ x, y, y_scale }) {
    for (let i = 0; i < y_scale.data.length; i++) {
      const run = (x.data as Float32Array).subarray(i * BLOCK, (i + 1) * BLOCK);
      const scale = Math.fround(run.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0) / 127);
      y_scale.data[i] = scale;
      run.forEach((value, j) => {
        y.data[i * BLOCK + j] = scale > 0 ? Math.round(Math.fround(value * Math.fround(1 / scale))) : 0;
      });
    }
  },

  // A value on the border between two codes may fall to either, since division may be off by some units in the last place.
  tolerance: (_types, output) => (output === 'y' ? { abs: 1, rel: 0 } : { abs: 0, rel: 4e-7 }),

  cases: [
    quantizeCase('tiny encoder tile', 300, 384, true),
    quantizeCase('one row', 1, 1280),
    { ...quantizeCase('zeros and outliers', 2, 64), fill: (name) => (name === 'x' ? outliers() : undefined) },
  ],

  variants: [{ name: '', workgroups: ({ y_scale }) => [Math.ceil(elements(y_scale) / 64), 1, 1] }],
});

function quantizeCase(name: string, rows: number, k: number, bench = false): Case<'x', object> {
  return { name, bench, types: { x: { dtype: 'f32', shape: [rows, k] } } };
}

function outliers(): Float64Array {
  return Float64Array.from({ length: 128 }, (_, i) => (i < 32 ? 0 : i === 40 ? -631 : Math.sin(i)));
}
