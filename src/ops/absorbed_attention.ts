// absorbed_attention: attention of absorbed queries q [R, H, d] over the audio's features xa [A, T, d], of which sequence s listens to
// audio s / sequences, split over runs of frames. y is [R, H, splits, d + 4]: unnormalised sums of features, the run's highest score in
// powers of two, its weight, two zeros; attention_reduce joins the runs. A row that is not
// in use has empty runs. See absorbed_query.

import { HEAD } from './attention.ts';
import type { CrossAttentionAttrs } from './cross_attention.ts';
import { type Case, defineOp, expect } from './op.ts';
import { isRowTable, NO_SEQUENCE, ROW } from './rows.ts';
import type { KeptType } from './split_kv.ts';

/** Frames of a run at most: their scores lie in workgroup memory. */
const MAX_FRAMES = 512;

export const absorbedAttention = defineOp({
  name: 'absorbed_attention',
  inputs: ['q', 'xa', 'rows'],
  outputs: ['y'],

  infer(types, { splits }: CrossAttentionAttrs) {
    const { q, xa, rows } = types;
    const [n_rows, n_head, n_state] = q.shape as readonly [number, number, number];
    const fits = q.dtype === 'f32' && n_head * HEAD === n_state;
    expect(fits, 'absorbed_attention', 'q f32[R, H, 64 H]', types);
    const kept = ['f16', 'f32', 'q8'].includes(xa.dtype);
    expect(kept && xa.shape[2] === n_state, 'absorbed_attention', `xa f16, f32 or q8[A, T, ${n_state}]`, types);
    expect(xa.shape[1]! <= MAX_FRAMES * splits, 'absorbed_attention', `splits of up to ${MAX_FRAMES} frames`, types);
    expect(isRowTable(rows) && rows.shape[0] === n_rows, 'absorbed_attention', `rows u32[${n_rows}, 4]`, types);
    return { y: { dtype: 'f32', shape: [n_rows, n_head, splits, n_state + 4] } };
  },

  params: ({ q, xa }, { splits, sequences = 1 }) => ({
    n_rows: q.shape[0]!,
    n_head: q.shape[1]!,
    n_state: q.shape[2]!,
    n_frame: xa.shape[1]!,
    splits,
    sequences,
  }),

  reference({ q, xa, rows, y }, { splits, sequences = 1 }) {
    const [n_rows, n_head, n_state] = q.shape as readonly [number, number, number];
    const n_frame = xa.shape[1]!;
    const run = Math.ceil(n_frame / splits);
    for (let i = 0; i < n_rows * n_head * splits; i++) {
      const sequence = rows.data[Math.floor(i / splits / n_head) * ROW.words + ROW.sequence]!;
      const frames = sequence === NO_SEQUENCE ? 0 : n_frame;
      const audio = Math.floor(sequence / sequences);
      const begin = Math.min((i % splits) * run, frames);
      const query = Math.floor(i / splits) * n_state;
      const at = (t: number, c: number) => (audio * n_frame + begin + t) * n_state + c;
      const scores = Float64Array.from({ length: Math.min(run, frames - begin) }, (_, t) => {
        let score = 0;
        for (let c = 0; c < n_state; c++) score += q.data[query + c]! * xa.data[at(t, c)]!;
        return (score / Math.sqrt(HEAD)) * Math.LOG2E;
      });
      const highest = Math.max(...scores, -1e30);
      const weights = scores.map((score) => 2 ** (score - highest));
      const out = i * (n_state + 4);
      for (let c = 0; c < n_state; c++) {
        y.data[out + c] = weights.reduce((sum, weight, t) => sum + weight * xa.data[at(t, c)]!, 0);
      }
      y.data.set([highest, weights.reduce((a, b) => a + b, 0), 0, 0], out + n_state);
    }
  },

  tolerance: { abs: 5e-5, rel: 2e-5 }, // as cross_attention, with scores that are sums of n_state products instead of 64

  flops: ({ q, xa }) => 4 * q.shape[0]! * q.shape[1]! * xa.shape[1]! * xa.shape[2]!,

  cases: [
    absorbedAttentionCase('tiny decode step', 'f16', [0], 1500, 384, { splits: 8 }, true),
    absorbedAttentionCase('tiny decode step', 'q8', [0], 1500, 384, { splits: 8 }, true),
    absorbedAttentionCase('two audios', 'q8', [1, 0], 67, 128, { splits: 3 }),
    absorbedAttentionCase('two audios', 'f16', [1, 0], 67, 128, { splits: 3 }),
    absorbedAttentionCase('three beams, a row unused', 'f32', [0, 1, 2, NO_SEQUENCE], 40, 64, {
      splits: 2,
      sequences: 3,
    }),
    absorbedAttentionCase('more splits than frames', 'f16', [0], 5, 64, { splits: 8 }),
  ],

  variants: [
    {
      name: 'subgroup',
      runs: (_types, _attrs, caps) => caps.subgroupSize >= 4,
      suits: (_types, _attrs, caps) => caps.cpu,
      workgroups: ({ q }, { splits }) => [splits, q.shape[1]!, q.shape[0]!],
    },
    { name: '', workgroups: ({ q }, { splits }) => [q.shape[0]!, q.shape[1]!, splits] },
  ],
});

function absorbedAttentionCase(
  name: string,
  dtype: KeptType,
  sequences: readonly number[],
  frames: number,
  n_state: number,
  attrs: CrossAttentionAttrs,
  bench = false,
): Case<'q' | 'xa' | 'rows', CrossAttentionAttrs> {
  return {
    name: `${dtype} ${name}`,
    bench,
    attrs,
    types: {
      q: { dtype: 'f32', shape: [sequences.length, n_state / HEAD, n_state] },
      xa: { dtype, shape: [2, frames, n_state] },
      rows: { dtype: 'u32', shape: [sequences.length, ROW.words] },
    },
    fill: (tensor) => (tensor === 'rows' ? sequences.flatMap((sequence, i) => [0, 0, sequence, i]) : undefined),
  };
}
