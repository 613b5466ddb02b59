// Rung: pure. Where a file is cut, and openai's clip_timestamps.

import { describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { clipsAt, quietClips } from '../../src/whisper/clips.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';

const dims = PUBLISHED_DIMS['tiny']!;

/** Noise with pauses of half a second around the seconds given. */
function speech(seconds: number, pauses: readonly number[]): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) =>
    pauses.some((p) => Math.abs(i / 16_000 - p) < 0.25) ? 0 : 0.3 * Math.sin(i * i * 0.37),
  );
}

async function cut(samples: Float32Array) {
  await using audio = await openAudio(samples);
  return await quietClips(audio, Math.floor(samples.length / 160), dims);
}

describe('clipsAt', () => {
  it('takes pairs of seconds, and the end of the file where the last is left out', () => {
    expect(clipsAt([1, 4, 6], 1000)).toEqual([
      { start: 100, end: 400 },
      { start: 600, end: 1000 },
    ]);
    expect(clipsAt([], 700)).toEqual([{ start: 0, end: 700 }]);
  });
});

describe('quietClips', () => {
  it('leaves a file of one window whole', async () => {
    expect(await cut(speech(30, [12]))).toEqual([{ start: 0, end: 3000 }]);
  });

  it('cuts at the last pause that a window holds, if it is in its last half', async () => {
    const clips = await cut(speech(70, [5, 22, 26.5, 48]));
    expect(clips.map(({ start }) => start / 100)[0]).toBe(0);
    expect(Math.abs(clips[1]!.start / 100 - 26.5)).toBeLessThan(0.25);
    expect(Math.abs(clips[2]!.start / 100 - 48)).toBeLessThan(0.25);
    expect(clips.at(-1)!.end).toBe(7000);
  });

  it('covers the file without a gap, in clips of half a window to a window, whatever it holds', async () => {
    for (const samples of [new Float32Array(16_000 * 200), speech(131, []), speech(95, [20, 40, 60, 80])]) {
      const clips = await cut(samples);
      clips.forEach(({ start, end }, i) => {
        expect(start).toBe(clips[i - 1]?.end ?? 0);
        expect(end - start).toBeLessThanOrEqual(3000);
        if (i < clips.length - 1) expect(end - start).toBeGreaterThanOrEqual(1500);
      });
      expect(clips.at(-1)!.end).toBe(samples.length / 160);
    }
  });

  it('ends when told to', async () => {
    await using audio = await openAudio(new Float32Array(16_000 * 40));
    await expect(quietClips(audio, 4000, dims, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
