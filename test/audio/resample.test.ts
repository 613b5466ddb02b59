// pure: the resampler against ffmpeg's own samples, made from the same inputs.
import { describe, expect, it } from 'vitest';
import { createFilterBank, createResampler } from '../../src/audio/resample.ts';
import { chunk, clip, difference, fmt, int16Bytes, jsonOf, kind, load, riff, sha256 } from './helpers.ts';

interface NoiseCase {
  readonly rate: number;
  readonly samples: number;
  readonly length: number;
  readonly pcm16_sha256: string;
}

const NOISE: NoiseCase[] = jsonOf(kind('kinds.json')).noise_resampled_to_16k;

/** The seeded noise of kinds/README.md: full band, nearly full scale. */
function noise(count: number): number[] {
  let x = 1;
  return Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return Math.trunc((x >> 16) * 0.9);
  });
}

function resample(rate: number, input: Float32Array, pieces: number): Float32Array {
  const resampler = createResampler(createFilterBank(rate, 'float'));
  const out: Float32Array[] = [];
  for (let start = 0; start < input.length; start += pieces)
    out.push(resampler.push(input.subarray(start, start + pieces)));
  return Float32Array.from([...out, resampler.finish()].flatMap((part) => [...part]));
}

describe('16-bit arithmetic', () => {
  it.each(NOISE)('gives the very samples of ffmpeg: $rate Hz, $samples samples', async (c) => {
    const samples = await load(riff(fmt(1, 1, c.rate, 16), chunk('data', int16Bytes(noise(c.samples)))));
    expect(samples.length).toBe(c.length);
    expect(sha256(samples)).toBe(c.pcm16_sha256);
  });

  it.each(['jfk_stereo44', 'lv0920_8k8bit'])('gives what whisper.load_audio gave: %s', async (name) => {
    const samples = await load(clip(`${name}.wav`));
    const golden = await load(clip(`${name}.loaded16k.flac`));
    expect(samples.length).toBe(golden.length);
    expect(difference(samples, golden)).toEqual({ max: 0, rms: 0 });
  });
});

describe('float arithmetic', () => {
  it.each(['jfk_stereo44', 'lv0920_8k8bit'])('differs from the golden by rounding alone: %s', async (name) => {
    // Measured: 4.3 and 0.50 for the stereo clip (two channels rounded, taps of 15 bits), 2.0 and 0.42 for the other.
    const { max, rms } = difference(
      await load(clip(`${name}.wav`), { quantize: false }),
      await load(clip(`${name}.loaded16k.flac`)),
    );
    expect(max).toBeLessThan(5);
    expect(rms).toBeLessThan(0.6);
  });

  it.each([8000, 44_100, 48_000, 44_101])('keeps a tone in place and in size: %i Hz', (rate) => {
    const tone = (sampleRate: number, count: number) =>
      Float32Array.from({ length: count }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 1000 * i) / sampleRate));
    const out = resample(rate, tone(rate, rate / 2), 4096);
    expect(Math.abs(out.length - 8000)).toBeLessThanOrEqual(1);
    // Away from the mirrored ends; ripple of the 32-tap filter, measured 8e-6 to 1.1e-5 of full scale.
    const { max } = difference(out.subarray(100, 7900), tone(16_000, 8000).subarray(100, 7900));
    expect(max).toBeLessThan(1);
  });

  it('removes what 16 kHz cannot hold', () => {
    const tone = Float32Array.from({ length: 24_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 11_000 * i) / 48_000));
    const { max } = difference(resample(48_000, tone, 24_000).subarray(100, 7900), new Float32Array(7800));
    expect(max / 32768).toBeLessThan(1e-4); // 74 dB down
  });

  it('gives the same samples however the input is cut', () => {
    const input = Float32Array.from(noise(5000), (x) => x / 32768);
    const whole = resample(44_100, input, 5000);
    for (const pieces of [1, 7, 91, 1000]) expect(resample(44_100, input, pieces)).toEqual(whole);
  });

  it('gives nothing for less than half a filter', () => {
    expect(resample(44_100, new Float32Array(45), 45).length).toBe(0);
    expect(resample(44_100, new Float32Array(46), 46).length).toBeGreaterThan(0);
  });
});
