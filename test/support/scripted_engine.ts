// An engine without a device: it picks the tokens it is told to, and remembers what it was fed. For tests of the rules around it.

import type { SampledToken, WhisperEngine } from '../../src/whisper/engine.ts';

export interface Script {
  /** Tokens of each decoding in turn, with their log probabilities. */
  readonly decodings: readonly (readonly SampledToken[])[];
  readonly noSpeech: number;
  readonly eot: number;
}

export function scriptedEngine({ decodings, noSpeech, eot }: Script) {
  const calls: string[] = [];
  const fed: number[] = [];
  let turn = -1;
  const pick = (begin: number, count: number) => [
    Array.from({ length: count }, (_, i) => decodings[turn]![begin + i] ?? { token: eot, logprob: 0 }),
  ];
  const engine = {
    options: { batch: 1, textContext: 448, alignment: [] },
    stride: 4,
    async begin() {
      turn++;
      fed.length = 0;
      calls.push('begin');
    },
    async prefill(tokens: readonly number[]) {
      fed.push(...tokens);
      calls.push(`prefill ${tokens.join(' ')}`.trim());
    },
    async noSpeechProbs() {
      calls.push('noSpeechProb');
      return [noSpeech];
    },
    sample: async () => pick(0, 1),
    step: async (sampled: number, count: number) => pick(sampled, count),
  };
  return { engine: engine as unknown as WhisperEngine, calls, fed };
}
