// top_tokens: the `count` most probable tokens of each sequence under Whisper's rules, best first, out of filter_logits' runs: what beam
// search asks for (openai/whisper decoding.py BeamSearchDecoder.update, with ApplyTimestampRules' last rule before it).
// y is [B, count, 2]: token, log probability; a token that does not exist has -1e30.

import { CURSOR, packRules, packSuppressed, RULE_WORDS, RUN_WORDS } from './decoding_tables.ts';
import { allowedTokens, filterLogits } from './filter_logits.ts';
import { type Case, defineOp, elements, expect, type HostTensor } from './op.ts';

export interface TopTokensAttrs {
  readonly n_vocab: number;
  readonly count: number;
}

export const topTokens = defineOp({
  name: 'top_tokens',
  inputs: ['logits', 'suppressed', 'rules', 'cursor', 'x'],
  outputs: ['y'],

  infer(types, { n_vocab, count }: TopTokensAttrs) {
    const { logits, suppressed, rules, cursor, x } = types;
    const b = logits.shape[0]!;
    const wide = logits.dtype === 'f32' && logits.shape[1]! >= n_vocab;
    expect(wide, 'top_tokens', `logits f32[B, >= ${n_vocab}]`, types);
    const tables = elements(suppressed) === Math.ceil(n_vocab / 32) && elements(rules) === RULE_WORDS;
    const states = elements(cursor) === b * CURSOR.words && x.shape[0] === b && x.shape[2] === RUN_WORDS;
    expect(tables && states, 'top_tokens', "suppressed, rules, cursor and filter_logits' runs of this size", types);
    return { y: { dtype: 'f32', shape: [b, count, 2] } };
  },

  params: ({ logits, x }, { n_vocab, count }) => ({ n_vocab, stride: logits.shape[1]!, runs: x.shape[1]!, count }),

  reference({ logits, suppressed, rules, cursor, y }, { n_vocab, count }) {
    const stride = logits.shape[1]!;
    const [, begin, , , withTimestamps] = rules.data as Uint32Array;
    for (let s = 0; s < logits.shape[0]!; s++) {
      const logit = (token: number) => logits.data[s * stride + token]!;
      const tokens = Array.from({ length: n_vocab }, (_, token) => token);
      const allowed = tokens.filter(allowedTokens(suppressed, rules, cursor, s, n_vocab));
      const sum = (of: readonly number[]) => Math.log(of.reduce((total, token) => total + Math.exp(logit(token)), 0));
      const times = allowed.filter((token) => token >= begin!);
      const text = allowed.filter((token) => token < begin!);
      const onlyTime = withTimestamps !== 0 && sum(times) > Math.max(...text.map(logit));
      const all = onlyTime ? times : allowed;
      const logSum = sum(all);
      all.sort((a, b) => logit(b) - logit(a) || a - b);
      for (let k = 0; k < count; k++) {
        const token = all[k];
        y.data.set(token === undefined ? [0, -1e30] : [token, logit(token) - logSum], (s * count + k) * 2);
      }
    }
  },

  tolerance: { abs: 1e-5, rel: 1e-6 }, // logarithms of sums of some hundred exponentials

  cases: [
    topCase('first token', {}, 3),
    topCase('after text', { sampled: 2, last: 5, penultimate: 405, timestamp: 405 }, 6),
    topCase('after one timestamp', { sampled: 3, last: 430, penultimate: 7, timestamp: 430 }, 6),
    topCase('after a pair', { sampled: 4, last: 430, penultimate: 430, timestamp: 430 }, 6),
    topCase('no timestamps', { sampled: 3, last: 5, penultimate: 9, withTimestamps: false }, 6),
    topCase('whole vocabulary', { sampled: 3, last: 5, penultimate: 9, n_vocab: 51864 }, 6, true),
  ],

  variants: [{ name: '', workgroups: ({ y }) => [y.shape[0]!, 1, 1] }],
});

interface CaseState {
  readonly sampled?: number;
  readonly last?: number;
  readonly penultimate?: number;
  readonly timestamp?: number;
  readonly withTimestamps?: boolean;
  readonly n_vocab?: number;
}

/** Two sequences over a vocabulary of 500: text to 380, eot 380, timestamps from 400. Logits are spread, so that no two are alike. */
function topCase(
  name: string,
  state: CaseState,
  count: number,
  bench = false,
): Case<'logits' | 'suppressed' | 'rules' | 'cursor' | 'x', TopTokensAttrs> {
  const { n_vocab = 500, withTimestamps = true } = state;
  const stride = n_vocab + 12;
  const cursor = new Uint32Array(2 * CURSOR.words);
  for (const s of [0, 1]) {
    cursor.set([state.sampled ?? 0, state.last ?? 0, state.penultimate ?? 0, state.timestamp ?? 0], s * CURSOR.words);
  }
  const ids = { eot: 380, timestampBegin: 400, noTimestamps: 399, blank: 20, maxInitialTimestamp: 450 };
  const types = {
    logits: { dtype: 'f32', shape: [2, stride] },
    suppressed: { dtype: 'u32', shape: [Math.ceil(n_vocab / 32)] },
    rules: { dtype: 'u32', shape: [RULE_WORDS] },
    cursor: { dtype: 'u32', shape: [2, CURSOR.words] },
  } as const;
  const attrs = { n_vocab, filtered: true };
  const runs = filterLogits.infer(types, attrs).y;
  // Made when asked for: whoever imports the package does not wait for test values.
  const values = (): Record<keyof typeof types | 'x', Float32Array | Uint32Array> => {
    const data = {
      logits: Float32Array.from({ length: 2 * stride }, (_, i) => 8 * Math.sin(i * i * 0.37 + i)),
      suppressed: packSuppressed([1, 2, 31, 32, 300, 390], n_vocab),
      rules: packRules({ ...ids, withTimestamps, suppressBlank: true, temperature: 0, seed: 0 }),
      cursor,
      x: new Float32Array(elements(runs)),
    };
    const host = <K extends keyof typeof types>(key: K): HostTensor => ({ ...types[key], data: data[key] });
    const given = {
      logits: host('logits'),
      suppressed: host('suppressed'),
      rules: host('rules'),
      cursor: host('cursor'),
    };
    filterLogits.reference({ ...given, y: { ...runs, data: data.x } }, attrs);
    return data;
  };
  return {
    name,
    bench,
    attrs: { n_vocab, count },
    types: { ...types, x: runs },
    fill: (tensor) => values()[tensor],
  };
}
