// A long audio out of the short clip: the same speech again and again, no two windows equal to the bit.

import { createRandom } from '../../src/allocator/random.ts';
import { SAMPLE_RATE } from '../../src/audio/index.ts';

/** Of full scale: 80 dB below it, which no ear and no model minds. */
const NOISE = 1e-4;
const SEED = 1;

/** Samples at 16 kHz, mono, full scale 1: the clip from its begin to its end, over and over, under seeded noise. */
export function repeatClip(clip: Float32Array, minutes: number): Float32Array {
  const random = createRandom(SEED);
  const long = new Float32Array(Math.round(minutes * 60 * SAMPLE_RATE));
  for (let i = 0; i < long.length; i++) long[i] = clip[i % clip.length]! + NOISE * (2 * random() - 1);
  return long;
}
