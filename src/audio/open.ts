// openAudio: anything -> 16 kHz mono samples with random access. Host memory does not grow with the audio's length.
import { setImmediate } from 'node:timers/promises';
import { AudioError, OptionError } from '../errors.ts';
import { decode, untilDamage } from './decode.ts';
import { type AudioFileInput, openInput } from './input.ts';
import { toMono16k } from './mono.ts';
import { type Pcm, SAMPLE_RATE } from './pcm.ts';
import { type AudioSource, createSource } from './source.ts';
import { createStore, type SampleStore } from './store.ts';

/** A file by path, file: URL, its bytes or a stream of them; or mono samples as they are. */
export type AudioInput = AudioFileInput | Float32Array;

export interface AudioOptions {
  /** Rate of a Float32Array in Hz, 16000 if left out. Files say their own. */
  readonly sampleRate?: number;
  /** Round to 16 bits as `whisper.load_audio` does. True for files if left out; never done to a Float32Array. */
  readonly quantize?: boolean;
  /** What to do with a corrupt or truncated file: refuse it, or keep what precedes the damage. `error` if left out. */
  readonly damaged?: 'error' | 'keep';
  /** Audio longer than this, in seconds, is spooled to a temporary file. 600 if left out. */
  readonly memorySeconds?: number;
  /** Program for the formats that are not read here. `ffmpeg` on the PATH if left out. */
  readonly ffmpeg?: string;
  /** Ends the decoding; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const CHUNK = 1 << 16; // samples

/**
 * Decodes `input` to its end. Stereo is mixed by (L+R)/2; the format is told by content.
 * A wave that ends early gives what is there, as ffmpeg does, and says so in `damage`.
 * @throws AudioError for a missing, empty, unknown or damaged file; OptionError for wrong options; the signal's reason
 */
export async function openAudio(input: AudioInput, options: AudioOptions = {}): Promise<AudioSource> {
  checkOptions(input, options);
  const { signal } = options;
  signal?.throwIfAborted();
  if (input instanceof Float32Array) {
    return createSource(await fill(samplesOf(input, options.sampleRate ?? SAMPLE_RATE), false, options), null);
  }
  const opened = await openInput(input, signal);
  const quantize = options.quantize ?? true;
  let damage: AudioError | null = null;
  const note = (error: AudioError) => {
    damage = error;
  };
  try {
    const pcm = decode(opened, { program: options.ffmpeg ?? 'ffmpeg', quantize, signal });
    const store = await fill(untilDamage(pcm, options.damaged === 'keep', note), quantize, options);
    return createSource(store, damage);
  } finally {
    await opened.close();
  }
}

function checkOptions(input: AudioInput, { sampleRate, quantize, damaged, memorySeconds }: AudioOptions): void {
  const isSamples = input instanceof Float32Array;
  const wrong = (expected: string, got: unknown) =>
    new OptionError(`openAudio: expected ${expected}, got ${String(got)}`);
  if (sampleRate !== undefined && !isSamples) throw wrong('no sampleRate because a file says its own', sampleRate);
  if (quantize && isSamples) throw wrong('no quantize because a Float32Array is taken as it is', quantize);
  if (damaged !== undefined && damaged !== 'error' && damaged !== 'keep') {
    throw wrong('damaged to be "error" or "keep" because damage is refused or kept', damaged);
  }
  if (memorySeconds !== undefined && !(memorySeconds >= 0)) {
    throw wrong('memorySeconds >= 0 because it is a length of audio', memorySeconds);
  }
}

async function* samplesOf(samples: Float32Array, sampleRate: number): AsyncGenerator<Pcm> {
  for (let start = 0; start < samples.length; start += CHUNK) {
    const chunk = samples.subarray(start, start + CHUNK);
    const bad = chunk.findIndex((x) => !Number.isFinite(x));
    if (bad !== -1) {
      throw new AudioError(
        `openAudio: expected finite samples because they are audio, got ${chunk[bad]} at ${start + bad}`,
      );
    }
    yield { sampleRate, type: 'float', channels: [chunk] };
  }
}

async function fill(pcm: AsyncIterable<Pcm>, quantize: boolean, options: AudioOptions): Promise<SampleStore> {
  const { memorySeconds = 600, signal } = options;
  const store = createStore({ encoding: quantize ? 'int16' : 'float32', memorySamples: memorySeconds * SAMPLE_RATE });
  try {
    for await (const samples of toMono16k(pcm, quantize)) {
      await store.append(samples);
      await setImmediate(); // decoding is synchronous: let timers, servers and abort signals have their turn
      signal?.throwIfAborted();
    }
    await store.finish();
    return store;
  } catch (error) {
    await store.close();
    throw signal?.aborted ? signal.reason : error;
  }
}
