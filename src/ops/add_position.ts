// add_position: y += position (the encoder's sinusoids, after the second convolution; openai/whisper model.py AudioEncoder).

import { defineOp, elements, expect } from './op.ts';

export const addPosition = defineOp({
  name: 'add_position',
  inputs: ['position'],
  outputs: ['y'],
  updates: () => ['y'],

  infer(types) {
    const { position } = types;
    const fits = (position.dtype === 'f16' || position.dtype === 'f32') && elements(position) % 4 === 0;
    expect(fits, 'add_position', 'position f16 or f32, a multiple of 4 elements', types);
    return { y: { dtype: 'f32', shape: position.shape } };
  },

  params: ({ y }) => ({ n4: elements(y) / 4 }),

  reference({ position, y }) {
    for (let i = 0; i < y.data.length; i++) y.data[i]! += position.data[i]!;
  },

  tolerance: { abs: 1e-7, rel: 1e-7 }, // one rounding

  cases: [
    { name: 'f16 tiny', types: { position: { dtype: 'f16', shape: [300, 384] } }, bench: true },
    { name: 'f32 ragged', types: { position: { dtype: 'f32', shape: [3, 68] } } },
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(elements(y) / 256), 1, 1] }],
});
