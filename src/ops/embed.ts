// embed: token embedding + learned position of every row (openai/whisper model.py TextDecoder). The embedding `w` is also the logits' matrix.

import { widenWeights } from './math.ts';
import { type Case, type DType, defineOp, expect } from './op.ts';
import { isRowTable, packRows, ROW } from './rows.ts';
import { expectWeights, weightTypes } from './weights.ts';

export const embed = defineOp({
  name: 'embed',
  inputs: ['w', 'position', 'rows'],
  optional: ['w_scale'],
  outputs: ['y'],

  infer(types) {
    const { position, rows } = types;
    const [, n_state] = expectWeights('embed', types);
    const floats = position.dtype === 'f16' || position.dtype === 'f32';
    expect(floats && position.shape[1] === n_state, 'embed', `position f16 or f32[C, ${n_state}]`, types);
    expect(isRowTable(rows), 'embed', 'rows u32[R, 4]', types);
    return { y: { dtype: 'f32', shape: [rows.shape[0]!, n_state] } };
  },

  params: ({ y }) => ({ n_rows: y.shape[0]!, n_state: y.shape[1]! }),

  reference({ w, w_scale, position, rows, y }) {
    const n = y.shape[1]!;
    const embedding = widenWeights(w, w_scale);
    for (let row = 0; row < y.shape[0]!; row++) {
      const token = rows.data[row * ROW.words + ROW.token]!;
      const at = rows.data[row * ROW.words + ROW.position]!;
      for (let c = 0; c < n; c++) y.data[row * n + c] = embedding[token * n + c]! + position.data[at * n + c]!;
    }
  },

  tolerance: { abs: 1e-6, rel: 1e-6 }, // a product and a sum

  cases: [
    embedCase('f32', 'f32', 64),
    embedCase('f16', 'f16', 128),
    embedCase('i8', 'f16', 384, true),
    embedCase('i6', 'f16', 384),
    embedCase('i4', 'f16', 384),
  ],

  variants: [{ name: '', workgroups: ({ y }) => [Math.ceil((y.shape[0]! * y.shape[1]!) / 16 / 64), 1, 1] }],
});

function embedCase(
  dtype: DType,
  positions: 'f16' | 'f32',
  n: number,
  bench = false,
): Case<'w' | 'w_scale' | 'position' | 'rows', object> {
  const table = packRows([
    { token: 95, position: 0, sequence: 0, first: 0 },
    { token: 3, position: 11, sequence: 1, first: 1 },
    { token: 0, position: 12, sequence: 1, first: 1 },
  ]);
  return {
    name: `${dtype} of ${n}`,
    bench,
    types: {
      ...weightTypes(dtype, 96, n),
      position: { dtype: positions, shape: [13, n] },
      rows: { dtype: 'u32', shape: [3, ROW.words] },
    },
    fill: (name) => (name === 'rows' ? table : undefined),
  };
}
