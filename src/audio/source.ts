// AudioSource: random access to the decoded samples of one input.
import { type AudioError, EngineStateError, OptionError } from '../errors.ts';
import { SAMPLE_RATE } from './pcm.ts';
import type { SampleStore } from './store.ts';

/** Mono samples at 16 kHz, full scale 1. */
export interface AudioSource {
  /** Samples. */
  readonly length: number;
  /** Seconds. */
  readonly duration: number;
  /** What is wrong with the file although its samples are here; null for a sound file. */
  readonly damage: AudioError | null;
  /**
   * Samples [start, start + count), zeros where they lie outside [0, length). A fresh array each time.
   * @throws OptionError for a fractional start or count or a negative count; EngineStateError after `close()`
   */
  read(start: number, count: number): Promise<Float32Array>;
  /** Frees the samples and the temporary file. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function createSource(store: SampleStore, damage: AudioError | null): AudioSource {
  const length = store.length;
  let open = true;

  async function close(): Promise<void> {
    open = false;
    await store.close();
  }

  return {
    length,
    duration: length / SAMPLE_RATE,
    damage,
    async read(start, count) {
      if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || count < 0) {
        throw new OptionError(
          `AudioSource.read: expected whole numbers with count >= 0 because samples are counted, got start ${start}, count ${count}`,
        );
      }
      if (!open)
        throw new EngineStateError(
          'AudioSource.read: expected an open source because its samples are freed, got a closed one',
        );
      const first = Math.min(Math.max(start, 0), length);
      const last = Math.min(Math.max(start + count, first), length);
      const samples = await store.read(first, last);
      if (samples.length === count) return samples;
      const padded = new Float32Array(count);
      if (samples.length > 0) padded.set(samples, first - start);
      return padded;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
