// Decoded samples of any rate and channel count -> 16 kHz mono, in the order and rounding of `whisper.load_audio` (ffmpeg).
import { AudioError } from '../errors.ts';
import { type Pcm, SAMPLE_RATE } from './pcm.ts';
import { createFilterBank, createResampler } from './resample.ts';

interface Chain {
  push(channels: readonly Float32Array[]): Float32Array;
  finish(): Float32Array;
}

// Beyond these a header is damage, not audio: the filter would take minutes and gigabytes.
const MIN_RATE = 1000;
const MAX_RATE = 768_000;

/**
 * Mixes by the mean of the channels ((L+R)/2) and resamples. A change of rate or channels starts afresh.
 * With `quantize` the result is rounded to 16 bits; full scale stays 1.
 * @throws AudioError when a rate is outside 1 to 768 kHz
 */
export async function* toMono16k(pcm: AsyncIterable<Pcm>, quantize: boolean): AsyncGenerator<Float32Array> {
  let chain: Chain | null = null;
  let kind = '';
  for await (const chunk of pcm) {
    const nextKind = `${chunk.sampleRate} Hz, ${chunk.channels.length} channels, ${chunk.type}`;
    if (!chain || nextKind !== kind) {
      if (chain) yield chain.finish();
      chain = createChain(chunk, quantize);
      kind = nextKind;
    }
    yield chain.push(chunk.channels);
  }
  if (chain) yield chain.finish();
}

function createChain(pcm: Pcm, quantize: boolean): Chain {
  const { sampleRate, channels, type } = pcm;
  if (!(Number.isInteger(sampleRate) && sampleRate >= MIN_RATE && sampleRate <= MAX_RATE)) {
    throw new AudioError(
      `openAudio: expected a whole sample rate of ${MIN_RATE} to ${MAX_RATE} Hz because others are no audio, got ${sampleRate}`,
    );
  }
  const round = quantize ? roundingOf(pcm) : null;
  const finish = (samples: Float32Array) => (round ? samples.map((x) => to16(x, round)) : samples);
  if (sampleRate === SAMPLE_RATE) return { push: (x) => finish(mean(x)), finish: () => new Float32Array(0) };
  if (type === 'int16' && quantize) {
    // ffmpeg resamples 16-bit channels first and mixes then; each step rounds, so the order shows.
    const bank = createFilterBank(sampleRate, 'int16');
    const resamplers = channels.map(() => createResampler(bank));
    return {
      push: (x) => finish(mean(resamplers.map((resampler, c) => resampler.push(x[c]!)))),
      finish: () => finish(mean(resamplers.map((resampler) => resampler.finish()))),
    };
  }
  const resampler = createResampler(createFilterBank(sampleRate, 'float'));
  return { push: (x) => finish(resampler.push(mean(x))), finish: () => finish(resampler.finish()) };
}

/** How ffmpeg comes to 16 bits: its integer mixer adds half and shifts, wider integers left as they are lose their low bits. */
function roundingOf({ type, sampleRate, channels }: Pcm): (x: number) => number {
  if (type === 'int16') return (x) => Math.floor(x + 0.5);
  return type === 'int32' && sampleRate === SAMPLE_RATE && channels.length === 1 ? Math.floor : roundHalfEven;
}

function to16(x: number, round: (x: number) => number): number {
  return Math.max(-32768, Math.min(32767, round(x * 32768))) / 32768;
}

/** As C's lrintf, which ffmpeg uses on floats. */
function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

function mean(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  const mixed = new Float32Array(channels[0]!.length);
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i]!;
    mixed[i] = sum / channels.length;
  }
  return mixed;
}
