// stft: spectra of overlapping frames of 400 samples under a periodic Hann window (openai/whisper audio.py log_mel_spectrogram).
// y[frame, bin] is the real part and y[frame, 208 + bin] the imaginary part, bin <= 200; the bins between are unused.

import { type Overlap, reach } from './linear.ts';
import { type Caps, type Case, defineOp, elements, expect, type Shapes } from './op.ts';

export const N_FFT = 400;
/** Samples the kernels may read of a frame: N_FFT made a multiple of 32. The rest has weight 0, but must be finite. */
export const STFT_REACH = 416;
export const STFT_BINS = 208;
const COLUMNS = 2 * STFT_BINS;

export interface StftAttrs {
  /** `rows` frames, `stride` samples apart. */
  readonly frames: Overlap;
}

const cpu = (lanes: number) => ({
  name: `cpu${lanes}`,
  runs: (_t: unknown, _a: unknown, caps: Caps) => caps.subgroupSize === lanes,
  suits: (_t: unknown, _a: unknown, caps: Caps) => caps.cpu,
  workgroups: ({ y }: Shapes<'y'>) => [COLUMNS / (lanes * 4), Math.ceil(y.shape[0]! / 300), 1] as const,
});

export const stft = defineOp({
  name: 'stft',
  inputs: ['x'],
  outputs: ['y'],

  infer(types, { frames }: StftAttrs) {
    const fits = types.x.dtype === 'f32' && reach(frames.rows, STFT_REACH, frames) <= elements(types.x);
    expect(fits, 'stft', `x f32 with ${frames.rows} frames of ${STFT_REACH} samples, ${frames.stride} apart`, types);
    return { y: { dtype: 'f32', shape: [frames.rows, COLUMNS] } };
  },

  params: (_types, { frames }: StftAttrs) => ({ m: frames.rows, x_begin: frames.begin ?? 0, x_stride: frames.stride }),

  reference({ x, y }, { frames: { rows, stride, begin = 0 } }: StftAttrs) {
    for (let row = 0; row < rows; row++) {
      for (let bin = 0; bin < STFT_BINS; bin++) {
        let re = 0;
        let im = 0;
        for (let k = 0; k < N_FFT; k++) {
          const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / N_FFT);
          const turn = (2 * Math.PI * ((bin * k) % N_FFT)) / N_FFT;
          re += x.data[begin + row * stride + k]! * hann * Math.cos(turn);
          im -= x.data[begin + row * stride + k]! * hann * Math.sin(turn);
        }
        y.data[row * COLUMNS + bin] = re;
        y.data[row * COLUMNS + STFT_BINS + bin] = im;
      }
    }
  },

  // 400 products of magnitude up to 1, each basis value right to 1e-7.
  tolerance: { abs: 2e-5, rel: 1e-5 },

  flops: ({ y }) => 2 * elements(y) * N_FFT,

  cases: [
    { ...stftCase('one frame', { rows: 1, stride: 160 }) },
    { ...stftCase('ragged', { rows: 13, stride: 160, begin: 320 }) },
    { ...stftCase('tile', { rows: 600, stride: 160 }), bench: true },
  ],

  variants: [cpu(8), cpu(4), { name: '', workgroups: ({ y }) => [y.shape[0]!, 1, 1] }],
});

function stftCase(name: string, frames: Overlap): Case<'x', StftAttrs> {
  return { name, attrs: { frames }, types: { x: { dtype: 'f32', shape: [reach(frames.rows, STFT_REACH, frames)] } } };
}
