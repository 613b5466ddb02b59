// The mel filter bank of openai/whisper (assets/mel_filters.npz), computed: librosa's filters with Slaney's scale and norm.

import { N_FFT, STFT_BINS } from '../ops/stft.ts';

const SAMPLE_RATE = 16000;
const BINS = N_FFT / 2 + 1;

export interface MelFilters {
  /** [n_mels, 208]; the last 7 columns are 0. */
  readonly filters: Float32Array;
  /** [n_mels, 2] first bin and bin after the last where the filter is not 0. */
  readonly bands: Uint32Array;
}

/** Triangles of equal area between n_mels + 2 points that are evenly spaced in mels from 0 to 8 kHz. */
export function melFilters(n_mels: number): MelFilters {
  const filters = new Float32Array(n_mels * STFT_BINS);
  const bands = new Uint32Array(n_mels * 2);
  const top = hzToMel(SAMPLE_RATE / 2);
  const points = Array.from({ length: n_mels + 2 }, (_, i) => melToHz((i * top) / (n_mels + 1)));
  for (let mel = 0; mel < n_mels; mel++) {
    const [left, centre, right] = points.slice(mel, mel + 3) as [number, number, number];
    for (let bin = 0; bin < BINS; bin++) {
      const hz = (bin * SAMPLE_RATE) / N_FFT;
      const height = Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
      filters[mel * STFT_BINS + bin] = (height * 2) / (right - left);
    }
    const row = filters.subarray(mel * STFT_BINS, (mel + 1) * STFT_BINS);
    bands.set([row.findIndex((h) => h > 0), row.findLastIndex((h) => h > 0) + 1], 2 * mel);
  }
  return { filters, bands };
}

// Slaney's scale: linear below 1 kHz (15 mels), 27 mels for each factor 6.4 above.
const LINEAR_HZ = 200 / 3;
const LOG_STEP = Math.log(6.4) / 27;

function hzToMel(hz: number): number {
  return hz < 1000 ? hz / LINEAR_HZ : 15 + Math.log(hz / 1000) / LOG_STEP;
}

function melToHz(mel: number): number {
  return mel < 15 ? mel * LINEAR_HZ : 1000 * Math.exp((mel - 15) * LOG_STEP);
}
