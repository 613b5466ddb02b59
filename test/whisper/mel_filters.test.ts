// Rung: pure. The computed filter bank against the one openai ships.

import { describe, expect, it } from 'vitest';
import { STFT_BINS } from '../../src/ops/stft.ts';
import { melFilters } from '../../src/whisper/mel_filters.ts';
import { readNpy } from '../support/goldens.ts';

describe('[pure] mel filters', () => {
  for (const n_mels of [80, 128]) {
    it(`${n_mels} filters are openai's`, () => {
      const golden = readNpy(`numeric/mel_filters_${n_mels}.npy`);
      const { filters, bands } = melFilters(n_mels);
      expect(golden.shape).toEqual([n_mels, 201]);
      for (let mel = 0; mel < n_mels; mel++) {
        for (let bin = 0; bin < 201; bin++) {
          const want = golden.data[mel * 201 + bin]!;
          expect(Math.abs(filters[mel * STFT_BINS + bin]! - want)).toBeLessThan(1e-8);
          const inside = bin >= bands[2 * mel]! && bin < bands[2 * mel + 1]!;
          if (!inside) expect(want).toBeLessThan(1e-8);
        }
      }
    });
  }
});
