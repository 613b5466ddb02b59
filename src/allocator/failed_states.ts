// Remembers partial packings that cannot be finished. The same buffers stacked in another order leave the same floors
// and the same buffers to place, so a tree search meets a hopeless state many times.

import { createRandom } from './random.ts';
import type { Part, TreeModel } from './tree_model.ts';
import type { TreeState } from './tree_state.ts';

/** A state's 64-bit hash, in two halves. Two states are taken to be one when both agree: chance 2^-64 a pair. */
export interface StateHash {
  high: number;
  low: number;
}

const SLOTS = 2 ** 18; // a newer state takes the slot of an older one

/** Parts given to its methods are ranges of the `list` given to its constructor. */
export class FailedStates {
  readonly #list: Int32Array;
  // Random words for buffers and sections, a set for each half of the hash.
  readonly #bufferHigh: Int32Array;
  readonly #bufferLow: Int32Array;
  readonly #sectionHigh: Int32Array;
  readonly #sectionLow: Int32Array;
  readonly #slotHigh = new Int32Array(SLOTS);
  readonly #slotLow = new Int32Array(SLOTS);

  constructor({ sections, lower, upper, size }: TreeModel, list: Int32Array) {
    const random = createRandom(1);
    const words = (length: number) => Int32Array.from({ length }, () => (random() * 2 ** 32) | 1);
    this.#list = list;
    // Buffers of one shape share their words, so that trying the second where the first failed is known to fail.
    const shapes = [...size].map((units, b) => `${lower[b]} ${upper[b]} ${units}`);
    const kinds = new Map([...new Set(shapes)].map((shape, kind) => [shape, kind]));
    const [kindHigh, kindLow] = [words(kinds.size), words(kinds.size)];
    this.#bufferHigh = Int32Array.from(shapes, (shape) => kindHigh[kinds.get(shape)!]);
    this.#bufferLow = Int32Array.from(shapes, (shape) => kindLow[kinds.get(shape)!]);
    this.#sectionHigh = words(sections);
    this.#sectionLow = words(sections);
  }

  /** Hashes what decides whether `part` can be packed: its buffers, its floors and the capacity. */
  hash({ first, end, from, to }: Part, { floor, capacity }: TreeState, hash: StateHash): void {
    const list = this.#list;
    const [bufferHigh, bufferLow] = [this.#bufferHigh, this.#bufferLow];
    const [sectionHigh, sectionLow] = [this.#sectionHigh, this.#sectionLow];
    let high = fold(capacity);
    let low = ~high;
    for (let i = first; i < end; i++) {
      high = (high + bufferHigh[list[i]]) | 0; // a sum, because equal words would cancel out in an exclusive or
      low = (low + bufferLow[list[i]]) | 0;
    }
    for (let s = from; s < to; s++) {
      const level = fold(floor[s]);
      high = (high + mix(level, sectionHigh[s])) | 0;
      low = (low + mix(~level, sectionLow[s])) | 0;
    }
    hash.high = high;
    hash.low = low;
  }

  has({ high, low }: StateHash): boolean {
    const slot = high & (SLOTS - 1);
    return this.#slotHigh[slot] === high && this.#slotLow[slot] === low;
  }

  add({ high, low }: StateHash): void {
    const slot = high & (SLOTS - 1);
    this.#slotHigh[slot] = high;
    this.#slotLow[slot] = low;
  }
}

/** 53 bits to 32. */
function fold(value: number): number {
  return value < 2 ** 31 ? value | 0 : (value | 0) ^ Math.imul(value / 2 ** 32, 0x9e3779b1);
}

/** Multiplies and shifts, so that every bit of `value` reaches the upper bits of the result. */
function mix(value: number, word: number): number {
  const product = Math.imul(value, word);
  return Math.imul(product ^ (product >>> 15), 0x2c1b3c6d);
}
