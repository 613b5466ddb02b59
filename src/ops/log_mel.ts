// log_mel: log10 of the mel filters' power of some frames, into their rows of the window's mel (openai/whisper audio.py).
// Row 0 of y and its last two rows are padding for the convolution and are left alone.

import { type Case, defineOp, elements, expect } from './op.ts';
import { STFT_BINS } from './stft.ts';

export interface LogMelAttrs {
  /** Frame of the window that row 0 of the spectra is. */
  readonly first: number;
}

/** Rows of the mel that are not frames: zeros before, and two after, which the convolution's last row touches. */
export const MEL_PADDING = 3;

export const logMel = defineOp({
  name: 'log_mel',
  inputs: ['spectrum', 'filters', 'bands'],
  outputs: ['y'],
  updates: () => ['y'],

  infer(types, { first }: LogMelAttrs) {
    const { spectrum, filters, bands } = types;
    const n_mels = filters.shape[0]!;
    const bins = spectrum.shape[1] === 2 * STFT_BINS && filters.shape[1] === STFT_BINS;
    expect(
      bins && spectrum.dtype === 'f32',
      'log_mel',
      `spectrum f32[T, ${2 * STFT_BINS}], filters f32[M, ${STFT_BINS}]`,
      types,
    );
    expect(bands.dtype === 'u32' && elements(bands) === 2 * n_mels, 'log_mel', `bands u32[${n_mels}, 2]`, types);
    return { y: { dtype: 'f32', shape: [first + spectrum.shape[0]! + MEL_PADDING, n_mels] } };
  },

  params: ({ spectrum, filters }, { first }) => ({ n_frames: spectrum.shape[0]!, n_mels: filters.shape[0]!, first }),

  reference({ spectrum, filters, bands, y }, { first }) {
    const [n_mels] = filters.shape as readonly [number];
    for (let t = 0; t < spectrum.shape[0]!; t++) {
      for (let mel = 0; mel < n_mels; mel++) {
        let sum = 0;
        for (let bin = bands.data[2 * mel]!; bin < bands.data[2 * mel + 1]!; bin++) {
          const re = spectrum.data[t * 2 * STFT_BINS + bin]!;
          const im = spectrum.data[t * 2 * STFT_BINS + STFT_BINS + bin]!;
          sum += (re * re + im * im) * filters.data[mel * STFT_BINS + bin]!;
        }
        y.data[(first + 1 + t) * n_mels + mel] = Math.log10(Math.max(sum, 1e-10));
      }
    }
  },

  // log2 may be off by 2^-21 near 1 and by 3 units in the last place elsewhere (values down to -10).
  tolerance: { abs: 2e-6, rel: 1e-6 },

  cases: [logMelCase('tile', 40, 80, true), logMelCase('128 mels, from frame 5', 7, 128, false, 5)],

  variants: [
    {
      name: '',
      workgroups: ({ spectrum, filters }) => [Math.ceil((spectrum.shape[0]! * filters.shape[0]!) / 64), 1, 1],
    },
  ],
});

function logMelCase(
  name: string,
  frames: number,
  n_mels: number,
  bench = false,
  first = 0,
): Case<'spectrum' | 'filters' | 'bands' | 'y', LogMelAttrs> {
  // A triangle of 3 bins for each filter, the last one empty: its power is 0.
  const band = (i: number) => (i < n_mels - 1 ? (Math.floor(i) % 190) + 3 : 0);
  return {
    name,
    bench,
    attrs: { first },
    types: {
      spectrum: { dtype: 'f32', shape: [frames, 2 * STFT_BINS] },
      filters: { dtype: 'f32', shape: [n_mels, STFT_BINS] },
      bands: { dtype: 'u32', shape: [n_mels, 2] },
    },
    fill(tensor) {
      if (tensor === 'bands')
        return Array.from({ length: 2 * n_mels }, (_, i) => (i % 2 ? band(i >> 1) : Math.max(0, band(i >> 1) - 3)));
      if (tensor === 'filters') return Array.from({ length: n_mels * STFT_BINS }, (_, i) => (i % 7) / 256);
      return undefined;
    },
  };
}
