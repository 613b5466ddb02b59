// mel_floor: (max(x, highest - 8) + 4) / 4 in place (openai/whisper audio.py); frames past the audio's end are 0.0 in log-mel space, as
// openai/whisper's pad_or_trim leaves them, and the padding rows around the frames become 0 for the convolution.

import { MEL_PADDING } from './log_mel.ts';
import { type Case, defineOp, elements, expect } from './op.ts';

export const melFloor = defineOp({
  name: 'mel_floor',
  inputs: ['highest', 'content'],
  outputs: ['mel'],
  updates: () => ['mel'],

  infer(types, { n_frames, n_mels }: { readonly n_frames: number; readonly n_mels: number }) {
    expect(
      types.highest.dtype === 'f32' && types.content.dtype === 'u32',
      'mel_floor',
      'highest f32[1], content u32[1]',
      types,
    );
    return { mel: { dtype: 'f32', shape: [n_frames + MEL_PADDING, n_mels] } };
  },

  params: (_types, { n_frames, n_mels }) => ({ n_frames, n_mels }),

  reference({ highest, content, mel }) {
    const n_mels = mel.shape[1]!;
    for (let i = 0; i < mel.data.length; i++) {
      const row = Math.floor(i / n_mels);
      const value = (Math.max(mel.data[i]!, highest.data[0]! - 8) + 4) / 4;
      mel.data[i] = row > 0 && row <= content.data[0]! ? value : 0;
    }
  },

  tolerance: { abs: 1e-6, rel: 0 }, // two roundings of values up to 10

  cases: [
    melFloorCase('a window', 3000, 80, 1100, true),
    melFloorCase('full', 6, 128, 6),
    melFloorCase('no audio', 3, 80, 0),
  ],

  variants: [{ name: '', workgroups: ({ mel }) => [Math.ceil(elements(mel) / 64), 1, 1] }],
});

function melFloorCase(
  name: string,
  n_frames: number,
  n_mels: number,
  content: number,
  bench = false,
): Case<'highest' | 'content' | 'mel', { n_frames: number; n_mels: number }> {
  const n = (n_frames + MEL_PADDING) * n_mels;
  return {
    name,
    bench,
    attrs: { n_frames, n_mels },
    types: { highest: { dtype: 'f32', shape: [1] }, content: { dtype: 'u32', shape: [1] } },
    fill: (tensor) =>
      ({ highest: [1.5], content: [content], mel: Array.from({ length: n }, (_, i) => -4 + 6 * Math.sin(i)) })[tensor],
  };
}
