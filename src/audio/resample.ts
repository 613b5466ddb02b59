// Any rate -> 16 kHz by a polyphase filter: ffmpeg's default resampler restated, because `whisper.load_audio` is ffmpeg
// and equal samples give equal text. Integer arithmetic equals ffmpeg's s16 path bit for bit (test/audio/resample.test.ts).
import { SAMPLE_RATE } from './pcm.ts';

/** `int16`: taps and results are rounded as ffmpeg does for 16-bit sources. `float`: nothing is rounded. */
export type Arithmetic = 'int16' | 'float';

/** One windowed sinc per phase. Output k is read at input position k * step / phases. */
export interface FilterBank {
  readonly arithmetic: Arithmetic;
  /** [phases, length], scaled so that a phase sums to about 32768 */
  readonly taps: Float64Array;
  readonly length: number;
  readonly phases: number;
  readonly step: number;
}

export interface Resampler {
  /** Takes the next samples of one channel (full scale 1), gives what they complete. */
  push(samples: Float32Array): Float32Array;
  /** The rest, after the last push. */
  finish(): Float32Array;
}

// libswresample's defaults: taps per phase (before widening for a lower rate), Kaiser window, pass band.
const FILTER_SIZE = 32;
const KAISER_BETA = 9;
const CUTOFF = 0.97;
const ONE = 32_768;

/** Filters for `rate` Hz -> 16 kHz. The phases are exact for every ratio (ffmpeg interpolates above 1024 of them). */
export function createFilterBank(rate: number, arithmetic: Arithmetic): FilterBank {
  const divisor = gcd(rate, SAMPLE_RATE);
  const phases = SAMPLE_RATE / divisor;
  const factor = Math.min((SAMPLE_RATE * CUTOFF) / rate, 1); // pass band over the input's Nyquist frequency
  const width = Math.ceil(FILTER_SIZE / factor);
  const length = width + (width % 2);
  const centre = length / 2 - 1;
  const taps = new Float64Array(phases * length);
  for (let phase = 0; phase < phases; phase++) {
    for (let i = 0; i < length; i++) {
      const t = (i - centre - phase / phases) * factor;
      taps[phase * length + i] = sinc(t) * kaiser((2 * t) / (factor * length));
    }
  }
  // All phases share the first one's sum: ffmpeg does, and it differs from theirs in the fifth digit only.
  const scale = ONE / taps.subarray(0, length).reduce((sum, tap) => sum + tap, 0);
  for (let i = 0; i < taps.length; i++) {
    const tap = taps[i]! * scale;
    taps[i] = arithmetic === 'int16' ? Math.min(Math.round(tap), ONE - 1) : tap;
  }
  return { arithmetic, taps, length, phases, step: rate / divisor };
}

/**
 * A streaming resampler of one channel without delay: the first sample out is the first sample in. Both ends are mirrored.
 * Gives ceil or floor of n * 16000 / rate samples, the same count as ffmpeg; less than half a filter (1 ms) gives none.
 */
export function createResampler(bank: FilterBank): Resampler {
  const centre = bank.length / 2 - 1;
  let window = new Float64Array(0); // input not yet done with; its first sample is under the first tap of the next output
  let phase = 0;
  let mirrored = false;

  function run(): Float32Array {
    const room = (window.length - bank.length + 1) * bank.phases - phase;
    const out = new Float32Array(Math.max(0, Math.ceil(room / bank.step)));
    let start = 0;
    for (let k = 0; k < out.length; k++) {
      out[k] = apply(bank, window, start, phase);
      phase += bank.step;
      start += Math.floor(phase / bank.phases);
      phase %= bank.phases;
    }
    window = window.slice(start);
    return out;
  }

  return {
    push(samples) {
      window = join(window, samples);
      if (!mirrored) {
        if (window.length <= centre) return new Float32Array(0);
        window = join(window.slice(1, centre + 1).reverse(), window);
        mirrored = true;
      }
      return run();
    },
    finish() {
      if (!mirrored) return new Float32Array(0);
      // ffmpeg mirrors half of what it still holds, which decides the last sample or two.
      window = join(window, window.slice(-((window.length + 1) >> 1)).reverse());
      return run();
    },
  };
}

function apply({ taps, length, arithmetic }: FilterBank, window: Float64Array, start: number, phase: number): number {
  let sum = 0;
  for (let i = 0, tap = phase * length; i < length; i++, tap++) sum += taps[tap]! * window[start + i]!;
  if (arithmetic === 'float') return sum / ONE;
  return Math.max(-ONE, Math.min(ONE - 1, Math.floor(sum + 0.5))) / ONE;
}

function join(a: Float64Array, b: Float64Array | Float32Array): Float64Array<ArrayBuffer> {
  const joined = new Float64Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window at x in [-1, 1], without its constant divisor: normalising the taps removes that. */
function kaiser(x: number): number {
  return besselI0(KAISER_BETA * Math.sqrt(Math.max(1 - x * x, 0)));
}

/** Modified Bessel function of the first kind, order 0, by its power series until it stands still. */
function besselI0(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1, last = 0; sum !== last; k++) {
    last = sum;
    term *= (x * x) / (4 * k * k);
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
