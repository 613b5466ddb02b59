// Segments and timings for the tests of this folder, with what the rules do not look at filled in.

import type { WindowSegment } from '../../../src/whisper/segments.ts';
import type { WordTiming } from '../../../src/whisper/words/alignment.ts';

/** Token ids from here on are no text. */
export const EOT = 100;

export function segment(given: Partial<WindowSegment>): WindowSegment {
  return {
    seek: 0,
    start: 0,
    end: 0,
    text: '',
    tokens: [],
    temperature: 0,
    avg_logprob: 0,
    compression_ratio: 1,
    no_speech_prob: 0,
    ...given,
  };
}

/** One token a word. */
export function timing(word: string, start: number, end: number): WordTiming {
  return { word, tokens: [1], start, end, probability: 0.9 };
}
