// Tables of several sequences that listen to one window: which positions of the cache they share, and where each one stands.

import { CURSOR } from '../ops/decoding_tables.ts';
import { packRows } from '../ops/rows.ts';

/**
 * Of each sequence and position, the sequence in whose cache it lies (self_attention says how it is read). A token's keys and values are
 * always written to its own sequence, at positions nobody wrote before, so a beam goes on from another without a copy.
 */
export class PageTable {
  readonly #sequences: number;
  readonly #context: number;
  #pages: Uint32Array;

  /** Positions before `shared` lie in the first sequence: the prompt. */
  constructor(sequences: number, context: number, shared = 0) {
    this.#sequences = sequences;
    this.#context = context;
    this.#pages = Uint32Array.from({ length: sequences * context }, (_, i) =>
      i % context < shared ? 0 : Math.floor(i / context),
    );
  }

  get words(): Uint32Array {
    return this.#pages;
  }

  /** Sequence s goes on from `sources[s]`, which has `length` positions. */
  reorder(sources: readonly number[], length: number): void {
    const next = new PageTable(this.#sequences, this.#context).words;
    sources.forEach((source, s) => {
      const at = source * this.#context;
      next.set(this.#pages.subarray(at, at + length), s * this.#context);
    });
    this.#pages = next;
  }
}

/** The tables of a step that feeds the last token of each sequence, at `position`; sequences beyond the list are not in use. */
export function stepTables(
  sequences: readonly (readonly number[])[],
  position: number,
  capacity: number,
  timestampBegin: number,
): { readonly rows: Uint32Array; readonly cursor: Uint32Array } {
  const rows = sequences.map((tokens, s) => ({ token: tokens.at(-1) ?? 0, position, sequence: s, first: s }));
  const cursor = new Uint32Array(capacity * CURSOR.words);
  sequences.forEach((tokens, s) => {
    const timestamp = tokens.findLast((token) => token >= timestampBegin) ?? 0;
    cursor.set([tokens.length, tokens.at(-1) ?? 0, tokens.at(-2) ?? 0, timestamp], s * CURSOR.words);
  });
  return { rows: packRows(rows, capacity), cursor };
}
