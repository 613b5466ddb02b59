// attention_scores: scaled scores q . k / 8 of one head before the softmax, for all rows over all keys of the first audio: what word
// times are found from (openai/whisper timing.py find_alignment, its hooks).
// Either plain, q [R, d] and xa the keys [A, T, d], or absorbed, q [R, H, d] and xa the audio's features [A, T, d]; y is [R, columns], zeros after T.

import { HEAD } from './attention.ts';
import { type Case, type DType, defineOp, elements, expect, type Shapes } from './op.ts';

export interface AttentionScoresAttrs {
  readonly head: number;
  /** Length of a row of y, T or more. */
  readonly columns: number;
}

/** Where a head's elements lie in a row of q and of xa. */
function layout({ q, xa }: Shapes<'q' | 'xa'>, head: number) {
  const absorbed = q.shape.length === 3;
  const n_state = xa.shape[2]!;
  const width = absorbed ? n_state : HEAD;
  const q_stride = elements(q) / q.shape[0]!;
  return { width, q_stride, q_begin: head * width, k_stride: n_state, k_begin: absorbed ? 0 : head * HEAD };
}

export const attentionScores = defineOp({
  name: 'attention_scores',
  inputs: ['q', 'xa'],
  outputs: ['y'],

  infer(types, { head, columns }: AttentionScoresAttrs) {
    const { q, xa } = types;
    const n_state = xa.shape[2]!;
    const fits = q.dtype === 'f32' && q.shape.at(-1) === n_state && head < n_state / HEAD;
    expect(fits, 'attention_scores', `q f32[R, ${n_state}] or [R, H, ${n_state}] with a head ${head}`, types);
    const kept = ['f16', 'f32', 'q8'].includes(xa.dtype);
    expect(kept, 'attention_scores', 'xa f16, f32 or q8[A, T, 64 H]', types);
    expect(columns >= xa.shape[1]!, 'attention_scores', `at most ${columns} keys`, types);
    return { y: { dtype: 'f32', shape: [q.shape[0]!, columns] } };
  },

  params(types, { head, columns }) {
    const eighths = Object.entries(layout(types, head)).map(([name, value]) => [name, value / 8]);
    return { n_rows: types.q.shape[0]!, n_key: types.xa.shape[1]!, columns, ...Object.fromEntries(eighths) };
  },

  reference({ q, xa, y }, { head, columns }) {
    const keys = xa.shape[1]!;
    const rows = y.data.length / columns;
    y.data.fill(0);
    const { width, q_stride, q_begin, k_stride, k_begin } = layout({ q, xa }, head);
    for (let row = 0; row < rows; row++) {
      for (let t = 0; t < keys; t++) {
        let score = 0;
        for (let c = 0; c < width; c++) {
          score += q.data[row * q_stride + q_begin + c]! * xa.data[t * k_stride + k_begin + c]!;
        }
        y.data[row * columns + t] = score / Math.sqrt(HEAD);
      }
    }
  },

  tolerance: { abs: 5e-6, rel: 2e-6 }, // f32 sums of up to 384 products of magnitude up to 1, over 8

  flops: ({ q, xa }, { head }) => 2 * q.shape[0]! * xa.shape[1]! * layout({ q, xa }, head).width,

  cases: [
    scoresCase('tiny', 'f16', [16, 384], 1500, true),
    scoresCase('tiny absorbed', 'f16', [16, 6, 384], 1500, true),
    scoresCase('tiny', 'q8', [16, 384], 1500, true),
    scoresCase('absorbed', 'q8', [2, 2, 128], 67),
    scoresCase('two rows', 'f32', [2, 128], 67),
    scoresCase('absorbed', 'f32', [2, 2, 128], 67),
  ],

  variants: [{ name: '', workgroups: ({ q }, { columns }) => [Math.ceil(columns / 64), q.shape[0]!, 1] }],
});

function scoresCase(
  name: string,
  dtype: DType,
  q: readonly number[],
  keys: number,
  bench = false,
): Case<'q' | 'xa', AttentionScoresAttrs> {
  const types = { q: { dtype: 'f32', shape: q }, xa: { dtype, shape: [2, keys, q.at(-1)!] } } as const;
  return { name: `${dtype} ${name}`, bench, attrs: { head: 1, columns: Math.ceil(keys / 64) * 64 }, types };
}
