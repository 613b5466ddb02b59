// place: y[slot] = x; other entries of y stay. Puts the features of one audio beside those of others that are decoded with it.

import { byteLength, type Case, defineOp, elements, expect, type TensorType } from './op.ts';

export const place = defineOp({
  name: 'place',
  inputs: ['x', 'slot'],
  outputs: ['y'],
  updates: () => ['y'],

  infer(types, { slots }: { readonly slots: number }) {
    const { x, slot } = types;
    expect(byteLength(x) % 16 === 0 && x.shape[0] === 1, 'place', 'x [1, ...] of whole vec4s', types);
    expect(slot.dtype === 'u32' && elements(slot) === 1, 'place', 'slot u32[1]', types);
    return { y: { dtype: x.dtype, shape: [slots, ...x.shape.slice(1)] } };
  },

  params: ({ x }) => ({ n4: byteLength(x) / 16 }),

  reference({ x, slot, y }) {
    y.data.set(x.data as Float32Array, slot.data[0]! * elements(x));
  },

  tolerance: { abs: 0, rel: 0 }, // copies

  cases: [
    placeCase('tiny features', { dtype: 'f16', shape: [1, 1500, 384] }, 2, true),
    placeCase('f32', { dtype: 'f32', shape: [1, 3, 20] }, 1),
  ],

  variants: [{ name: '', workgroups: ({ x }) => [Math.ceil(byteLength(x) / 1024), 1, 1] }],
});

function placeCase(name: string, x: TensorType, slot: number, bench = false): Case<'x' | 'slot', { slots: number }> {
  return {
    name,
    bench,
    attrs: { slots: 3 },
    types: { x, slot: { dtype: 'u32', shape: [1] } },
    fill: (tensor) => (tensor === 'slot' ? [slot] : undefined),
  };
}
