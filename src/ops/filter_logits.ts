// filter_logits: Whisper's rules on the next token, and the first reduction of the logits (openai/whisper decoding.py LogitFilter).
// y is [B, runs, 2, 5]: for each run of tokens (run r: every `runs`-th from r on), text and timestamps apart: value of the best token, the
// token, its logit, the highest logit, the sum of exp(logit - highest). Values differ from logits when a temperature makes them samples.

import { CURSOR, packRules, packSuppressed, RULE_WORDS, RUN, RUN_WORDS, uniformAt } from './decoding_tables.ts';
import { type Case, defineOp, elements, expect, type HostTensor } from './op.ts';

export interface FilterLogitsAttrs {
  readonly n_vocab: number;
  /** Apply the rules; else the bare distribution. */
  readonly filtered: boolean;
  /** Sequences that listen to one audio; noise is counted among them, so that an audio has the same alone. Default: all. */
  readonly sequences?: number;
}

export const filterLogits = defineOp({
  name: 'filter_logits',
  inputs: ['logits', 'suppressed', 'rules', 'cursor'],
  outputs: ['y'],

  infer(types, { n_vocab }: FilterLogitsAttrs) {
    const { logits, suppressed, rules, cursor } = types;
    const b = logits.shape[0]!;
    expect(
      logits.dtype === 'f32' && logits.shape[1]! >= n_vocab,
      'filter_logits',
      `logits f32[B, >= ${n_vocab}]`,
      types,
    );
    const tables = elements(suppressed) === Math.ceil(n_vocab / 32) && elements(rules) === RULE_WORDS;
    expect(
      tables && elements(cursor) === b * CURSOR.words,
      'filter_logits',
      'suppressed, rules and cursor of this size',
      types,
    );
    return { y: { dtype: 'f32', shape: [b, Math.ceil(n_vocab / RUN), RUN_WORDS] } };
  },

  params: ({ logits, y }, { n_vocab, filtered, sequences }) => ({
    n_vocab,
    stride: logits.shape[1]!,
    runs: y.shape[1]!,
    n_sequences: logits.shape[0]!,
    sequences: sequences ?? logits.shape[0]!,
    filtered: filtered ? 1 : 0,
  }),

  reference({ logits, suppressed, rules, cursor, y }, { n_vocab, filtered, sequences }) {
    const [b, stride] = logits.shape as readonly [number, number];
    const temperature = filtered ? new Float32Array(rules.data.slice().buffer)[7]! : 0;
    for (let s = 0; s < b; s++) {
      const allowed = filtered ? allowedTokens(suppressed, rules, cursor, s, n_vocab) : () => true;
      for (let run = 0; run < y.shape[1]!; run++) {
        for (const half of [0, 1]) {
          const o = (s * y.shape[1]! + run) * RUN_WORDS + half * 5;
          const begin = rules.data[1]!;
          y.data.set([-1e30, 0, -1e30, -1e30, 0], o);
          let sum = 0;
          for (let token = run; token < n_vocab; token += y.shape[1]!) {
            if (token >= begin !== (half === 1) || !allowed(token)) continue;
            const logit = logits.data[s * stride + token]!;
            const u = uniformAt(rules.data[8]!, s % (sequences ?? b), cursor.data[s * CURSOR.words]!, token);
            const value = temperature > 0 ? Math.fround(logit / temperature - Math.log(-Math.log(u))) : logit;
            const highest = Math.max(y.data[o + 3]!, logit);
            sum = sum * Math.exp(y.data[o + 3]! - highest) + Math.exp(logit - highest);
            y.data[o + 3] = highest;
            y.data[o + 4] = sum;
            if (value <= y.data[o]!) continue;
            y.data.set([value, token, logit], o);
          }
        }
      }
    }
  },

  tolerance: { abs: 1e-4, rel: 1e-5 }, // sums of 128 exponentials; Gumbel noise by two logarithms

  cases: [
    filterCase('first token', {}),
    filterCase('no timestamps', { sampled: 3, last: 5, penultimate: 9, withTimestamps: false }),
    filterCase('after text', { sampled: 2, last: 5, penultimate: 405, timestamp: 405 }),
    filterCase('after one timestamp', { sampled: 3, last: 430, penultimate: 7, timestamp: 430 }),
    filterCase('after a pair', { sampled: 4, last: 430, penultimate: 430, timestamp: 430 }),
    filterCase('bare', { filtered: false }),
    filterCase('temperature', { sampled: 1, last: 401, timestamp: 401, temperature: 0.6 }),
    {
      ...filterCase('an audio each', { sampled: 1, last: 401, timestamp: 401, temperature: 0.6 }),
      attrs: { n_vocab: 500, filtered: true, sequences: 1 },
    },
    filterCase('whole vocabulary', { n_vocab: 51864 }, true),
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil(y.shape[1]! / 64), y.shape[0]!, 1] }],
});

/** Which tokens the rules admit next for sequence `s`: openai's three filters, but for the comparison of probabilities. */
export function allowedTokens(
  suppressed: HostTensor,
  rules: HostTensor,
  cursor: HostTensor,
  s: number,
  n_vocab: number,
): (token: number) => boolean {
  const [eot, begin, noTimestamps, blank, withTimestamps, suppressBlank, maxInitial] = rules.data as Uint32Array;
  const [sampled, last, penultimate, timestamp] = cursor.data.subarray(s * CURSOR.words) as Uint32Array;
  const afterTimestamp = sampled! >= 1 && last! >= begin!;
  const afterPair = sampled! < 2 || penultimate! >= begin!;
  return (token) => {
    if (token >= n_vocab || (suppressed.data[token >>> 5]! >>> (token & 31)) & 1) return false;
    if (suppressBlank && sampled === 0 && (token === blank || token === eot)) return false;
    if (!withTimestamps) return true;
    if (token === noTimestamps) return false;
    if (afterTimestamp && (afterPair ? token >= begin! : token < eot!)) return false;
    if (timestamp! > 0 && token >= begin! && token < timestamp! + (afterTimestamp && !afterPair ? 0 : 1)) return false;
    return sampled! > 0 || (token >= begin! && token <= maxInitial!);
  };
}

interface CaseState {
  readonly sampled?: number;
  readonly last?: number;
  readonly penultimate?: number;
  readonly timestamp?: number;
  readonly withTimestamps?: boolean;
  readonly filtered?: boolean;
  readonly temperature?: number;
  readonly n_vocab?: number;
}

/** A vocabulary of 500: text to 380, eot 380, timestamps from 400. */
function filterCase(
  name: string,
  state: CaseState,
  bench = false,
): Case<'logits' | 'suppressed' | 'rules' | 'cursor', FilterLogitsAttrs> {
  const { n_vocab = 500, withTimestamps = true, temperature = 0, filtered = true } = state;
  const cursor = new Uint32Array(2 * CURSOR.words);
  for (const s of [0, 1]) {
    cursor.set([state.sampled ?? 0, state.last ?? 0, state.penultimate ?? 0, state.timestamp ?? 0], s * CURSOR.words);
  }
  const ids = { eot: 380, timestampBegin: 400, noTimestamps: 399, blank: 20, maxInitialTimestamp: 450 };
  const rules = packRules({ ...ids, withTimestamps, suppressBlank: true, temperature, seed: 7 });
  return {
    name,
    bench,
    attrs: { n_vocab, filtered },
    types: {
      logits: { dtype: 'f32', shape: [2, n_vocab + 12] },
      suppressed: { dtype: 'u32', shape: [Math.ceil(n_vocab / 32)] },
      rules: { dtype: 'u32', shape: [RULE_WORDS] },
      cursor: { dtype: 'u32', shape: [2, CURSOR.words] },
    },
    fill: (tensor) =>
      ({ rules, cursor, suppressed: packSuppressed([1, 2, 31, 32, 300, 390], n_vocab), logits: undefined })[tensor],
  };
}
