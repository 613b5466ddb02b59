// mel_max: the highest log-mel value so far, over all windows of a file (openai/whisper clamps against the whole file's maximum).

import { MEL_PADDING } from './log_mel.ts';
import { defineOp, elements, expect } from './op.ts';

export const melMax = defineOp({
  name: 'mel_max',
  inputs: ['mel'],
  outputs: ['highest'],
  updates: () => ['highest'],

  infer(types) {
    const { mel } = types;
    expect(mel.dtype === 'f32' && mel.shape[0]! > MEL_PADDING, 'mel_max', `mel f32[T + ${MEL_PADDING}, M]`, types);
    return { highest: { dtype: 'f32', shape: [1] } };
  },

  params: ({ mel }) => ({ begin: mel.shape[1]!, end: elements(mel) - (MEL_PADDING - 1) * mel.shape[1]! }),

  reference({ mel, highest }) {
    const n_mels = mel.shape[1]!;
    for (let i = n_mels; i < mel.data.length - (MEL_PADDING - 1) * n_mels; i++) {
      highest.data[0] = Math.max(highest.data[0]!, mel.data[i]!);
    }
  },

  tolerance: { abs: 0, rel: 0 }, // no arithmetic

  cases: [
    { name: 'a window', types: { mel: { dtype: 'f32', shape: [3003, 80] } }, fill: () => undefined, bench: true },
    {
      name: 'padding is not looked at',
      types: { mel: { dtype: 'f32', shape: [5, 4] } },
      fill: (name) => (name === 'mel' ? [9, 9, 9, 9, -3, 1, 0.5, -1, -2, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9] : [-10]),
    },
    {
      name: 'already higher',
      types: { mel: { dtype: 'f32', shape: [4, 2] } },
      fill: (name) => (name === 'mel' ? [0, 0, -3, 1, 0, 0, 0, 0] : [2]),
    },
  ],

  variants: [{ name: '', workgroups: () => [1, 1, 1] }],
});
