// attention_scores: scaled scores q . k / 8 of one head before the softmax, for all rows over all keys of the first audio: what word
// times are found from (openai/whisper timing.py find_alignment, its hooks).
// Either plain, q [R, d] and xa the keys [A, H, T, 64], or absorbed, q [R, H, d] and xa the audio's features [A, T, d]; y is [R, columns],
// zeros after T.

import { HEAD } from './attention.ts';
import { type Case, type DType, defineOp, elements, expect, type Shapes } from './op.ts';

export interface AttentionScoresAttrs {
  readonly head: number;
  /** Length of a row of y, T or more. */
  readonly columns: number;
}

/** The keys, and where a head's elements lie in a row of q and in xa. */
function layout({ q, xa }: Shapes<'q' | 'xa'>, head: number) {
  const absorbed = q.shape.length === 3;
  const [keys, width] = xa.shape.slice(-2) as [number, number];
  const q_stride = elements(q) / q.shape[0]!;
  return { keys, width, q_stride, q_begin: head * width, k_begin: absorbed ? 0 : head * keys * HEAD };
}

export const attentionScores = defineOp({
  name: 'attention_scores',
  inputs: ['q', 'xa'],
  outputs: ['y'],

  infer(types, { head, columns }: AttentionScoresAttrs) {
    const { q, xa } = types;
    const { keys, width } = layout({ q, xa }, head);
    const n_state = q.shape.at(-1)!;
    const absorbed = q.shape.length === 3;
    const kept = ['f16', 'f32', 'q8'].includes(xa.dtype);
    const fits = absorbed ? width === n_state : width === HEAD && xa.shape[1] === n_state / HEAD;
    expect(kept && fits, 'attention_scores', 'xa f16, f32 or q8, features [A, T, d] or keys [A, H, T, 64]', types);
    expect(q.dtype === 'f32' && head < n_state / HEAD, 'attention_scores', `q f32 with a head ${head}`, types);
    expect(columns >= keys, 'attention_scores', `at most ${columns} keys`, types);
    return { y: { dtype: 'f32', shape: [q.shape[0]!, columns] } };
  },

  params(types, { head, columns }) {
    const { keys, ...floats } = layout(types, head);
    const eighths = Object.entries(floats).map(([name, value]) => [name, value / 8]);
    return { n_rows: types.q.shape[0]!, n_key: keys, columns, ...Object.fromEntries(eighths) };
  },

  reference({ q, xa, y }, { head, columns }) {
    const rows = y.data.length / columns;
    y.data.fill(0);
    const { keys, width, q_stride, q_begin, k_begin } = layout({ q, xa }, head);
    for (let row = 0; row < rows; row++) {
      for (let t = 0; t < keys; t++) {
        let score = 0;
        for (let c = 0; c < width; c++) {
          score += q.data[row * q_stride + q_begin + c]! * xa.data[k_begin + t * width + c]!;
        }
        y.data[row * columns + t] = score / Math.sqrt(HEAD);
      }
    }
  },

  tolerance: { abs: 5e-6, rel: 2e-6 }, // f32 sums of up to 384 products of magnitude up to 1, over 8

  flops(types, { head }) {
    const { keys, width } = layout(types, head);
    return 2 * types.q.shape[0]! * keys * width;
  },

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
  const n_state = q.at(-1)!;
  const shape = q.length === 3 ? [2, keys, n_state] : [2, n_state / HEAD, keys, HEAD];
  const types = { q: { dtype: 'f32', shape: q }, xa: { dtype, shape } } as const;
  return { name: `${dtype} ${name}`, bench, attrs: { head: 1, columns: Math.ceil(keys / 64) * 64 }, types };
}
