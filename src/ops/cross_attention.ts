// cross_attention: attention of decoder rows over the audio's keys (openai/whisper model.py, cross_attn), split over runs of keys so that
// one token gives a GPU enough to do. q is [R, d]; k and v are [audios, H, T, 64], of which sequence s listens to audio s / sequences.
// y is [R, H, splits, 68]: 64 unnormalised sums, the run's highest score in powers of two, its weight, two zeros; attention_reduce joins
// the runs. A row that is not in use has empty runs.

import { HEAD } from './attention.ts';
import { type Caps, type Case, defineOp, expect, type Shapes } from './op.ts';
import { isRowTable, NO_SEQUENCE, ROW } from './rows.ts';
import type { KeptType } from './split_kv.ts';

/** Floats of a partial result. */
export const PARTIAL = HEAD + 4;

export interface CrossAttentionAttrs {
  readonly splits: number;
  /** Sequences that listen to one audio (beams, samples); default 1. */
  readonly sequences?: number;
}

type Types = Shapes<'q' | 'k'>;

/** From this many rows of one audio on it pays that a lane takes a row. */
const FEW = 3;
/** Rows of a subgroup there: see kernels/generate. */
const ROWS = 8;

export const crossAttention = defineOp({
  name: 'cross_attention',
  inputs: ['q', 'k', 'v', 'rows'],
  outputs: ['y'],

  infer(types, { splits }: CrossAttentionAttrs) {
    const { q, k, v, rows } = types;
    const [n_rows, n_state] = q.shape as readonly [number, number];
    expect(q.dtype === 'f32' && n_state % HEAD === 0, 'cross_attention', 'q f32[R, 64 H]', types);
    const same =
      k.dtype === v.dtype && k.shape.join() === v.shape.join() && k.shape.length === 4 && k.shape[3] === HEAD;
    expect(
      same && k.shape[1] === n_state / HEAD,
      'cross_attention',
      `k and v alike, [A, ${n_state / HEAD}, T, 64]`,
      types,
    );
    expect(isRowTable(rows) && rows.shape[0] === n_rows, 'cross_attention', `rows u32[${n_rows}, 4]`, types);
    return { y: { dtype: 'f32', shape: [n_rows, n_state / HEAD, splits, PARTIAL] } };
  },

  params: ({ q, k }, { splits, sequences = 1 }) => ({
    n_rows: q.shape[0]!,
    n_state: q.shape[1]!,
    n_key: k.shape[2]!,
    splits,
    sequences,
  }),

  reference({ q, k, v, rows, y }, { splits, sequences = 1 }) {
    const [n_rows, n_state] = q.shape as readonly [number, number];
    const n_key = k.shape[2]!;
    const run = Math.ceil(n_key / splits);
    for (let row = 0; row < n_rows; row++) {
      const sequence = rows.data[row * ROW.words + ROW.sequence]!;
      const keys = sequence === NO_SEQUENCE ? 0 : n_key;
      const audio = Math.floor(sequence / sequences);
      for (let head = 0; head < n_state / HEAD; head++) {
        for (let split = 0; split < splits; split++) {
          const at = (t: number, c: number) => ((audio * (n_state / HEAD) + head) * n_key + t) * HEAD + c;
          const begin = Math.min(split * run, keys);
          const scores = Float64Array.from({ length: Math.min(run, keys - begin) }, (_, t) => {
            let score = 0;
            for (let c = 0; c < HEAD; c++)
              score += q.data[row * n_state + head * HEAD + c]! * k.data[at(begin + t, c)]!;
            return (score / Math.sqrt(HEAD)) * Math.LOG2E;
          });
          const highest = Math.max(...scores, -1e30);
          const weights = scores.map((score) => 2 ** (score - highest));
          const out = ((row * (n_state / HEAD) + head) * splits + split) * PARTIAL;
          for (let c = 0; c < HEAD; c++) {
            y.data[out + c] = weights.reduce((sum, weight, t) => sum + weight * v.data[at(begin + t, c)]!, 0);
          }
          y.data.set([highest, weights.reduce((a, b) => a + b, 0), 0, 0], out + HEAD);
        }
      }
    }
  },

  tolerance: { abs: 2e-5, rel: 1e-5 }, // unnormalised sums of up to 200 values about 1

  flops: ({ q, k }) => 4 * q.shape[0]! * k.shape[2]! * q.shape[1]!,

  cases: [
    crossAttentionCase('tiny decode step', 'f16', [0], 1500, 384, { splits: 8 }, true),
    crossAttentionCase('tiny decode step', 'q8', [0], 1500, 384, { splits: 8 }, true),
    crossAttentionCase('two audios', 'q8', [1, 0], 67, 128, { splits: 3 }),
    crossAttentionCase('a row unused', 'q8', [0, NO_SEQUENCE], 5, 64, { splits: 4 }),
    crossAttentionCase('two audios', 'f16', [1, 0], 67, 128, { splits: 3 }),
    crossAttentionCase('three beams, a row unused', 'f32', [0, 1, 2, NO_SEQUENCE], 40, 64, { splits: 2, sequences: 3 }),
    crossAttentionCase('tiny prompt', 'f16', [...Array(16).fill(0)], 1500, 384, { splits: 3, sequences: 1 }, true),
    crossAttentionCase('a prompt, rows unused', 'f32', [0, 0, 0, NO_SEQUENCE, NO_SEQUENCE], 67, 128, { splits: 3 }),
    crossAttentionCase('more splits than keys', 'f16', [0], 5, 64, { splits: 4 }),
  ],

  variants: [
    ...[4, 8].map((lanes) => ({
      name: `rows${lanes}`,
      runs: ({ k }: Types, _attrs: CrossAttentionAttrs, caps: Caps) => caps.subgroupSize === lanes && k.shape[0] === 1,
      suits: ({ q }: Types, _attrs: CrossAttentionAttrs, caps: Caps) => caps.cpu && q.shape[0]! >= FEW,
      workgroups: ({ q }: Types, { splits }: CrossAttentionAttrs) =>
        [Math.ceil(q.shape[0]! / ROWS), q.shape[1]! / HEAD, splits] as const,
    })),
    {
      name: 'subgroup',
      runs: (_types, _attrs, caps) => caps.subgroupSize > 0,
      suits: (_types, _attrs, caps) => caps.cpu,
      workgroups: ({ q }, { splits }) => [splits, q.shape[1]! / HEAD, q.shape[0]!],
    },
    {
      name: '',
      runs: ({ k }, { splits }) => k.shape[2]! <= 512 * splits,
      workgroups: ({ q }, { splits }) => [q.shape[0]!, q.shape[1]! / HEAD, splits],
    },
  ],
});

function crossAttentionCase(
  name: string,
  dtype: KeptType,
  sequences: readonly number[],
  keys: number,
  n_state: number,
  attrs: CrossAttentionAttrs,
  bench = false,
): Case<'q' | 'k' | 'v' | 'rows', CrossAttentionAttrs> {
  const audios = Math.floor(Math.max(...sequences.filter((s) => s !== NO_SEQUENCE)) / (attrs.sequences ?? 1)) + 1;
  const kv = { dtype, shape: [audios, n_state / HEAD, keys, HEAD] };
  return {
    name: `${dtype} ${name}`,
    bench,
    attrs,
    types: {
      q: { dtype: 'f32', shape: [sequences.length, n_state] },
      k: kv,
      v: kv,
      rows: { dtype: 'u32', shape: [sequences.length, ROW.words] },
    },
    fill: (tensor) => (tensor === 'rows' ? sequences.flatMap((sequence, i) => [0, 0, sequence, i]) : undefined),
  };
}
