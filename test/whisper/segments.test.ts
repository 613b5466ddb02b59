// Rung: pure. Tokens of a window to segments, by openai's rules and their quirks.

import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import type { DecodingResult } from '../../src/whisper/fallback.ts';
import { clearEmpty, sliceSegments } from '../../src/whisper/segments.ts';
import { tokenizerJson } from '../text/fixtures/goldens.ts';

const tokenizer = loadTokenizer(tokenizerJson('gpt2'), { n_vocab: 51864 });
const time = (seconds: number) => tokenizer.timestamp_begin + Math.round(seconds / 0.02);
const [hello] = tokenizer.encode(' Hello');

function slice(tokens: number[], seek = 0, frames = 3000) {
  const result = {
    tokens,
    temperature: 0,
    avgLogprob: -0.5,
    compressionRatio: 1,
    noSpeechProb: 0.1,
  } as unknown as DecodingResult;
  const { segments, advance } = sliceSegments(result, { seek, frames }, tokenizer);
  return { segments: segments.map(({ start, end, tokens: t }) => [start, end, t.length]), advance };
}

describe('[pure] segments', () => {
  it('pairs of timestamps cut; what follows the last pair is left to the next window', () => {
    const tokens = [time(0), hello!, time(2), time(2), hello!, hello!, time(5), time(5), hello!];
    expect(slice(tokens)).toEqual({
      segments: [
        [0, 2, 3],
        [2, 5, 4],
      ],
      advance: 500,
    });
  });

  it('a single timestamp at the end closes its segment, and the whole window is behind', () => {
    const tokens = [time(0), hello!, time(2), time(2), hello!, time(4)];
    expect(slice(tokens, 1000, 1200)).toEqual({
      segments: [
        [10, 12, 3],
        [12, 14, 3],
      ],
      advance: 1200,
    });
  });

  it('no pair: one segment, up to the last timestamp', () => {
    expect(slice([time(0), hello!, time(7)])).toEqual({ segments: [[0, 7, 3]], advance: 3000 });
  });

  it('no pair and no timestamp but 0.00: the length of the window', () => {
    expect(slice([time(0), hello!], 0, 1100)).toEqual({ segments: [[0, 11, 2]], advance: 1100 });
    expect(slice([hello!], 0, 1100)).toEqual({ segments: [[0, 11, 1]], advance: 1100 });
    expect(slice([], 0, 1100)).toEqual({ segments: [[0, 11, 0]], advance: 1100 });
  });

  it('a segment without duration or text is kept, emptied', () => {
    const base = { seek: 0, temperature: 0, avg_logprob: 0, compression_ratio: 1, no_speech_prob: 0, tokens: [1, 2] };
    expect(clearEmpty({ ...base, start: 1, end: 1, text: ' a' })).toMatchObject({ text: '', tokens: [], words: [] });
    expect(clearEmpty({ ...base, start: 1, end: 2, text: ' \u3000' })).toMatchObject({ text: '', tokens: [] });
    expect(clearEmpty({ ...base, start: 1, end: 2, text: ' a' })).toMatchObject({ text: ' a', tokens: [1, 2] });
  });
});
