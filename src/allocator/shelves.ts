// Shelves over ever finer parts of time. One shelf of all placed buffers would do; large instances also have one for
// each half of time, each quarter and so on, and a hole is looked for on the shortest that holds all a buffer can meet.

import type { Instance } from './instance.ts';
import { clearShelf, createShelf, insertInShelf, type Shelf } from './shelf.ts';

export interface Shelves {
  /** A shelf with every placed buffer that may share one of these sections. */
  holding(lower: number, upper: number): Shelf;
  /** Puts a buffer on every shelf that it concerns. */
  insert(offset: number, size: number, lower: number, upper: number): void;
  clear(): void;
}

const BUFFERS_PER_SHELF = 1000; // below, splitting time costs more than it saves
const MOST_LEVELS = 4;

/** Empty shelves. Level k has 2^k of them, each for 2^(spread - k) sections, stored from index 2^k - 1. */
export function createShelves({ count, sections, lower, upper }: Instance): Shelves {
  const levels = Math.max(0, Math.min(MOST_LEVELS, Math.floor(Math.log2(count / BUFFERS_PER_SHELF))));
  const spread = Math.max(levels, 32 - Math.clz32(sections));
  const room = new Int32Array(2 ** (levels + 1) - 1);
  const eachOf = (from: number, to: number, visit: (index: number) => void): void => {
    for (let level = 0; level <= levels; level++) {
      const shift = spread - level;
      const last = (to - 1) >> shift;
      for (let part = from >> shift; part <= last; part++) visit(2 ** level - 1 + part);
    }
  };
  for (let b = 0; b < count; b++) eachOf(lower[b], upper[b], (index) => room[index]++);
  const shelves = Array.from(room, createShelf);
  return {
    holding(from, to) {
      let level = levels;
      while (from >> (spread - level) !== (to - 1) >> (spread - level)) level--;
      return shelves[2 ** level - 1 + (from >> (spread - level))];
    },
    insert: (offset, size, from, to) =>
      eachOf(from, to, (index) => insertInShelf(shelves[index], offset, size, from, to)),
    clear() {
      for (const shelf of shelves) clearShelf(shelf);
    },
  };
}
