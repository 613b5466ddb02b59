// The table of rows that a decoder pass works on: one entry of four words a row.
//
// A pass is one new token of each sequence (a step), or a run of prompt tokens (prefill). Rows of one sequence stand together, in the
// order of their positions, so a row sees the cached keys before its sequence's first row, and the rows from there to itself.

import type { TensorType } from './op.ts';

export const ROW = { token: 0, position: 1, sequence: 2, first: 3, words: 4 } as const;

/** As `sequence`: the row is not in use. */
export const NO_SEQUENCE = 0xffffffff;

export interface Row {
  readonly token: number;
  /** Place in the sequence, from 0: index of its positional embedding and of its keys and values in the cache. */
  readonly position: number;
  readonly sequence: number;
  /** Index in the table of the first row of this sequence. */
  readonly first: number;
}

/** The table's words; rows beyond the list are not in use. */
export function packRows(rows: readonly Row[], capacity = rows.length): Uint32Array {
  const words = new Uint32Array(capacity * ROW.words);
  for (let i = 0; i < capacity; i++) {
    const { token, position, sequence, first } = rows[i] ?? { token: 0, position: 0, sequence: NO_SEQUENCE, first: i };
    words.set([token, position, sequence, first], i * ROW.words);
  }
  return words;
}

export function isRowTable(type: TensorType): boolean {
  return type.dtype === 'u32' && type.shape.length === 2 && type.shape[1] === ROW.words;
}
