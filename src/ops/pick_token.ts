// pick_token: the next token of each sequence out of filter_logits' runs, its append to the ring, and the move of cursor and rows
// (openai/whisper decoding.py ApplyTimestampRules' last rule and GreedyDecoder.update).
// ring is [B, capacity, 2]: token, log probability (bits of an f32); what comes after the end is eot with log probability 0.

import { CURSOR, packRules, RULE_WORDS, RUN_WORDS } from './decoding_tables.ts';
import { type Case, defineOp, expect, type HostTensor } from './op.ts';
import { ROW } from './rows.ts';

export interface PickTokenAttrs {
  /** Tokens the ring holds for each sequence. */
  readonly capacity: number;
  /** Positions of the decoder; a finished sequence stays on the last one. */
  readonly context: number;
}

interface Best {
  value: number;
  token: number;
  logit: number;
  /** Log of the sum of exp over all of the group. */
  logSum: number;
  highest: number;
}

export const pickToken = defineOp({
  name: 'pick_token',
  inputs: ['x', 'rules'],
  outputs: ['cursor', 'rows', 'ring'],
  updates: () => ['cursor', 'rows', 'ring'],

  infer(types, { capacity }: PickTokenAttrs) {
    const { x, rules } = types;
    expect(x.dtype === 'f32' && x.shape[2] === RUN_WORDS, 'pick_token', `x f32[B, runs, ${RUN_WORDS}]`, types);
    expect(rules.dtype === 'u32' && rules.shape[0] === RULE_WORDS, 'pick_token', `rules u32[${RULE_WORDS}]`, types);
    const b = x.shape[0]!;
    return {
      cursor: { dtype: 'u32', shape: [b, CURSOR.words] },
      rows: { dtype: 'u32', shape: [b, ROW.words] },
      ring: { dtype: 'u32', shape: [b, capacity, 2] },
    };
  },

  params: ({ x }, { capacity, context }) => ({ runs: x.shape[1]!, capacity, context }),

  reference({ x, rules, cursor, rows, ring }, { capacity, context }) {
    const [eot, begin, , , withTimestamps] = rules.data as Uint32Array;
    for (let s = 0; s < x.shape[0]!; s++) {
      const text = bestOf(x, s, 0);
      const time = bestOf(x, s, 1);
      const onlyTime = withTimestamps !== 0 && time.logSum > text.highest;
      const best = onlyTime || time.value > text.value ? time : text;
      const logSum = onlyTime
        ? time.logSum
        : Math.log(Math.exp(text.logSum - best.logit) + Math.exp(time.logSum - best.logit)) + best.logit;
      const c = cursor.data.subarray(s * CURSOR.words) as Uint32Array;
      const sampled = c[CURSOR.sampled]!;
      const finished = sampled > 0 && c[CURSOR.last] === eot;
      const token = finished ? eot! : best.token;
      const logprob = finished ? 0 : best.logit - logSum;
      c.set([sampled + 1, token, c[CURSOR.last]!, token >= begin! ? token : c[CURSOR.timestamp]!]);
      addFloat(c, CURSOR.sumLogprob, logprob);
      const row = rows.data.subarray(s * ROW.words) as Uint32Array;
      row.set([token, Math.min(row[ROW.position]! + 1, context - 1)]);
      if (sampled < capacity) {
        ring.data.set([token, 0], (s * capacity + sampled) * 2);
        addFloat(ring.data as Uint32Array, (s * capacity + sampled) * 2 + 1, logprob);
      }
    }
  },

  // Tokens are exact; bits of an f32 read as a number may be off by what its last places amount to.
  tolerance: { abs: 0, rel: 2e-7 },

  cases: [
    pickCase('text wins', { text: [2, 3], time: [1, 1] }),
    pickCase('timestamps win together', { text: [2, 2], time: [1.5, 1.6] }),
    pickCase('without timestamps', { text: [2, 2], time: [1.9, 1.9], withTimestamps: false }),
    pickCase('finished', { text: [2, 3], time: [1, 1], finished: true }),
    pickCase('equals: the first', { text: [3, 3], time: [-1, -1] }),
    pickCase('ring full, last position', { text: [2, 3], time: [1, 1], sampled: 6, position: 447 }),
  ],

  variants: [{ name: '', workgroups: ({ x }) => [x.shape[0]!, 1, 1] }],
});

function bestOf(x: HostTensor, s: number, half: 0 | 1): Best {
  const best: Best = {
    value: -1e30,
    token: 0xffffffff,
    logit: -1e30,
    logSum: Number.NEGATIVE_INFINITY,
    highest: -1e30,
  };
  let sum = 0;
  for (let run = 0; run < x.shape[1]!; run++) {
    const [value, token, logit, highest, runSum] = x.data.subarray(
      (s * x.shape[1]! + run) * RUN_WORDS + half * 5,
    ) as Float32Array;
    if (value! > best.value) Object.assign(best, { value, token, logit });
    sum += runSum! * Math.exp(highest!);
    best.highest = Math.max(best.highest, highest!);
  }
  best.logSum = Math.log(sum);
  return best;
}

/** words[i], read as f32, += value. */
function addFloat(words: Uint32Array, i: number, value: number): void {
  const float = new Float32Array(words.buffer, words.byteOffset + i * 4, 1);
  float[0]! += value;
}

interface CaseState {
  /** Highest logit of each run. */
  readonly text: readonly number[];
  readonly time: readonly number[];
  readonly withTimestamps?: boolean;
  readonly finished?: boolean;
  readonly sampled?: number;
  readonly position?: number;
}

/** One sequence, two runs whose logits are powers of two apart, so that sums are exact on both sides. */
function pickCase(name: string, state: CaseState): Case<'x' | 'rules' | 'cursor' | 'rows' | 'ring', PickTokenAttrs> {
  const run = (i: number) => [
    state.text[i]!,
    10 + i,
    state.text[i]!,
    state.text[i]!,
    1,
    state.time[i]!,
    400 + i,
    state.time[i]!,
    state.time[i]!,
    1,
  ];
  const sampled = state.sampled ?? 2;
  const ids = { eot: 380, timestampBegin: 400, noTimestamps: 399, blank: 20 };
  const rules = packRules({
    ...ids,
    withTimestamps: state.withTimestamps ?? true,
    suppressBlank: true,
    temperature: 0,
    seed: 0,
  });
  const cursor = [sampled, state.finished ? 380 : 11, 12, 0, 0, 0, 0, 0];
  return {
    name,
    attrs: { capacity: 6, context: 448 },
    types: { x: { dtype: 'f32', shape: [1, 2, RUN_WORDS] }, rules: { dtype: 'u32', shape: [RULE_WORDS] } },
    fill: (tensor) =>
      ({ x: [...run(0), ...run(1)], rules, cursor, rows: [11, state.position ?? 7, 0, 0], ring: new Uint32Array(12) })[
        tensor
      ],
  };
}
