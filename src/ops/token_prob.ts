// token_prob: probability of one token by the bare distribution of the logits, kept in the cursor as no_speech
// (openai/whisper decoding.py: softmax of the logits at <|startoftranscript|>, before any filter).

import { CURSOR, RUN_WORDS } from './decoding_tables.ts';
import { defineOp, elements, expect } from './op.ts';

export const tokenProb = defineOp({
  name: 'token_prob',
  inputs: ['logits', 'x'],
  outputs: ['cursor'],
  updates: () => ['cursor'],

  infer(types, { token }: { readonly token: number }) {
    const { logits, x } = types;
    expect(logits.dtype === 'f32' && token < logits.shape[1]!, 'token_prob', `logits f32[B, > ${token}]`, types);
    expect(
      x.shape[0] === logits.shape[0] && x.shape[2] === RUN_WORDS,
      'token_prob',
      `x f32[B, runs, ${RUN_WORDS}]`,
      types,
    );
    return { cursor: { dtype: 'u32', shape: [x.shape[0]!, CURSOR.words] } };
  },

  params: ({ logits, x }, { token }) => ({ runs: x.shape[1]!, stride: logits.shape[1]!, token }),

  reference({ logits, x, cursor }, { token }) {
    const runs = x.shape[1]!;
    for (let s = 0; s < x.shape[0]!; s++) {
      let sum = 0;
      for (let half = 0; half < runs * 2; half++) {
        const at = (s * runs * 2 + half) * (RUN_WORDS / 2);
        sum += x.data[at + 4]! * Math.exp(x.data[at + 3]!);
      }
      const words = cursor.data as Uint32Array;
      new Float32Array(words.buffer, words.byteOffset)[s * CURSOR.words + CURSOR.noSpeech] =
        Math.exp(logits.data[s * logits.shape[1]! + token]!) / sum;
    }
  },

  // Bits of an f32 read as a number: 2^-24 of them is half a unit in the last place; exp may be off by a few.
  tolerance: { abs: 0, rel: 2e-7 },

  cases: [
    {
      name: 'two sequences',
      attrs: { token: 3 },
      types: { logits: { dtype: 'f32', shape: [2, 300] }, x: { dtype: 'f32', shape: [2, 3, RUN_WORDS] } },
      fill: (name) =>
        name === 'x'
          ? Array.from({ length: 2 * 3 * RUN_WORDS }, (_, i) => [0, 7, 0, 1.5 - (i % 4) / 2, 20 + i][i % 5]!)
          : undefined,
    },
  ],

  variants: [{ name: '', workgroups: ({ cursor }) => [elements(cursor) / CURSOR.words, 1, 1] }],
});
