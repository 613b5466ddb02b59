// The parts of a file that are transcribed, and where to cut a long file into parts that know nothing of one another.

import type { AudioSource } from '../audio/index.ts';
import { roundHalfEven } from '../python.ts';
import type { ModelDimensions } from './dims.ts';
import { HOP_LENGTH, windowFrames } from './model.ts';
import { FRAMES_PER_SECOND } from './segments.ts';

/** Frames [start, end) of a file's mel. */
export interface Clip {
  readonly start: number;
  readonly end: number;
}

/** Of openai/whisper's clip_timestamps, in seconds; a last start without end goes to the file's end. */
export function clipsAt(timestamps: readonly number[], content: number): Clip[] {
  const points = timestamps.map((t) => roundHalfEven(t * FRAMES_PER_SECOND));
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(content);
  const all: Clip[] = [];
  for (let i = 0; i < points.length; i += 2) all.push({ start: points[i]!, end: points[i + 1]! });
  return all;
}

/** A cut is looked for in the last half of a window, where this many frames together are the quietest (0.2 s). */
const PAUSE = 20;
/** Frames read at a time. */
const BLOCK = 1000;

/** The whole file, cut where it is quietest: each clip fits a window and fills at least half of it, but for the last. */
export async function quietClips(
  audio: AudioSource,
  content: number,
  dims: ModelDimensions,
  signal?: AbortSignal,
): Promise<Clip[]> {
  const window = windowFrames(dims);
  if (content <= window) return clipsAt([], content);
  const loudness = await pauseEnergies(audio, content, signal);
  const all: Clip[] = [];
  let start = 0;
  while (content - start > window) {
    let end = start + window;
    for (let frame = end - 1; frame >= start + window / 2; frame--) {
      if (loudness[frame]! < loudness[end]!) end = frame;
    }
    all.push({ start, end });
    start = end;
  }
  return [...all, { start, end: content }];
}

/** For each frame the energy of the PAUSE frames around it. [content + 1] */
async function pauseEnergies(audio: AudioSource, content: number, signal?: AbortSignal): Promise<Float64Array> {
  const sums = new Float64Array(content + 2); // energy of all frames before each
  for (let first = 0; first < content; first += BLOCK) {
    signal?.throwIfAborted();
    const count = Math.min(BLOCK, content - first);
    const samples = await audio.read(first * HOP_LENGTH, count * HOP_LENGTH);
    for (let f = 0; f < count; f++) {
      let energy = 0;
      for (let i = f * HOP_LENGTH; i < (f + 1) * HOP_LENGTH; i++) energy += samples[i]! * samples[i]!;
      sums[first + f + 1] = sums[first + f]! + energy;
    }
  }
  const around = (frame: number) => {
    const [from, to] = [Math.max(0, frame - PAUSE / 2), Math.min(content, frame + PAUSE / 2)];
    return (sums[to]! - sums[from]!) / (to - from);
  };
  return Float64Array.from({ length: content + 1 }, (_, frame) => around(frame));
}
