// What every engine hears: one clip of speech, and a longer one of the same clip window after window.

import { fileURLToPath } from 'node:url';
import { openAudio, SAMPLE_RATE } from '../../src/audio/index.ts';

const FILE = fileURLToPath(new URL('../../samples/jfk.flac', import.meta.url));
const WINDOW_SECONDS = 30;

/** The words of the clip, as any model that hears it right writes them. */
export const SPOKEN =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country';

/** 11 s of speech: one window of Whisper. */
export async function shortClip(): Promise<Float32Array> {
  await using source = await openAudio(FILE);
  return source.read(0, source.length);
}

/** The clip and silence up to 30 s, `windows` times: so every window holds the same words, and growth is not that of longer text. */
export function longClip(clip: Float32Array, windows: number): Float32Array {
  const long = new Float32Array(windows * WINDOW_SECONDS * SAMPLE_RATE);
  for (let i = 0; i < windows; i++) long.set(clip, i * WINDOW_SECONDS * SAMPLE_RATE);
  return long;
}

/** Letters and digits only: engines differ in commas, which is not a difference in what was heard. */
export function words(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9' ]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}
