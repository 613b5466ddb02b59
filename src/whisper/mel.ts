// Which samples a window of log-mel needs, and the pass over a whole file that finds its loudest value.
//
// openai/whisper's transcribe pads the audio with 30 s of zeros, computes one mel of it all (frames centred, edges reflected) and clamps
// against the maximum of the whole file. Here a window is computed when it is needed, so memory does not grow with the file; the maximum
// takes a pass of its own. A file of one window needs no second pass.

import type { AudioSource } from '../audio/index.ts';
import { N_FFT } from '../ops/stft.ts';
import type { ModelDimensions } from './dims.ts';
import type { WhisperEngine } from './engine.ts';
import { HOP_LENGTH, windowFrames, windowSamples } from './model.ts';

/** Frames of mel that hold audio; openai/whisper's content_frames. */
export function contentFrames(samples: number): number {
  return Math.floor(samples / HOP_LENGTH);
}

/** The samples under frames `seek` .. of a window: centred frames, reflected before the begin, zeros after the end. */
export async function readWindow(audio: AudioSource, seek: number, dims: ModelDimensions): Promise<Float32Array> {
  const begin = seek * HOP_LENGTH - N_FFT / 2;
  const window = await audio.read(begin, windowSamples(dims));
  // Sample -i reads as sample i: numpy's reflect padding.
  for (let i = begin; i < 0; i++) window[i - begin] = window[-i - begin] ?? 0;
  return window;
}

/**
 * Leaves the file's loudest log-mel value on the device. Returns true if the mel of the first window stands there as well.
 * @throws the signal's reason when aborted.
 */
export async function findLoudest(engine: WhisperEngine, audio: AudioSource, signal?: AbortSignal): Promise<boolean> {
  await engine.resetMel();
  const frames = windowFrames(engine.dims);
  // Two frames beyond the content still touch its last samples.
  const end = contentFrames(audio.length) + 2;
  for (let seek = 0; seek < end; seek += frames) {
    signal?.throwIfAborted();
    await engine.mel(await readWindow(audio, seek, engine.dims), signal);
  }
  return end <= frames;
}
