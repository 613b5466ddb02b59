// What every decoder yields, and the error that says its file is damaged. No format is known here.
import { AudioError } from '../errors.ts';

/** The rate of every Whisper model, in Hz (openai/whisper audio.py, SAMPLE_RATE). */
export const SAMPLE_RATE = 16_000;

/** How a source keeps its samples: integers of up to 16 bits, of more, or floats. ffmpeg rounds each kind in its own way. */
export type SampleType = 'int16' | 'int32' | 'float';

/** A run of decoded samples, all channels of equal length. */
export interface Pcm {
  /** Hz */
  readonly sampleRate: number;
  /** What the source held. `int16`: every sample is k/32768 with a 16-bit k. */
  readonly type: SampleType;
  /** [channel][sample], full scale is 1. */
  readonly channels: readonly Float32Array[];
}

/** The file ends early or is corrupt. What was decoded before is good, so a caller may choose to keep it. */
export class DamagedAudioError extends AudioError {
  /** Whether ffmpeg, and so Whisper, takes what is there without a word: then we take it and say so. */
  readonly tolerated: boolean;

  constructor(message: string, options: ErrorOptions & { readonly tolerated?: boolean } = {}) {
    super(message, options);
    this.tolerated = options.tolerated ?? false;
  }
}

/** `byte 1234 (second 5.60)`, for messages about damage. */
export function at(byte: number, seconds: number): string {
  return `byte ${byte} (second ${seconds.toFixed(2)})`;
}
