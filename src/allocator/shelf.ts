// Placed buffers in order of offset, ready to be swept for holes. They stand in blocks, so that an insertion moves one
// block's entries and not all above it.

import { alignUp } from './problem.ts';

/** `lowest`: the first hole that is large enough. `tightest`: the hole that leaves the least over (best fit). */
export type Fit = 'lowest' | 'tightest';

/** Block k, counted upward, is entries [BLOCK * slot[k], BLOCK * slot[k] + filled[slot[k]]) of the columns. */
export interface Shelf {
  blocks: number;
  length: number;
  readonly slot: Int32Array;
  readonly filled: Int32Array;
  readonly bottom: Float64Array;
  readonly top: Float64Array;
  /** Sections [lower, upper) as in the instance. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
}

const BLOCK = 256;

/** An empty shelf for at most `room` buffers. A full block is halved, so blocks are at least half full. */
export function createShelf(room: number): Shelf {
  const blocks = Math.ceil((2 * room) / BLOCK) + 1;
  return {
    blocks: 0,
    length: 0,
    slot: new Int32Array(blocks),
    filled: new Int32Array(blocks),
    bottom: new Float64Array(BLOCK * blocks),
    top: new Float64Array(BLOCK * blocks),
    lower: new Int32Array(BLOCK * blocks),
    upper: new Int32Array(BLOCK * blocks),
  };
}

export function clearShelf(shelf: Shelf): void {
  shelf.blocks = 0;
  shelf.length = 0;
}

/** Sweeps a shelf upward, keeping the top of what is met so far: the free bytes below the next bottom are a hole. */
export function findHole(shelf: Shelf, from: number, to: number, size: number, alignment: number, fit: Fit): number {
  const { blocks, slot, filled, bottom, top, lower, upper } = shelf;
  let free = 0;
  let best = -1;
  let leastLeft = Number.POSITIVE_INFINITY;
  for (let k = 0; k < blocks; k++) {
    const first = BLOCK * slot[k];
    const end = first + filled[slot[k]];
    for (let i = first; i < end; i++) {
      if (lower[i] >= to || from >= upper[i]) continue;
      const left = bottom[i] - free - size;
      if (left >= 0 && left < leastLeft) {
        if (fit === 'lowest' || left === 0) return free;
        leastLeft = left;
        best = free;
      }
      if (top[i] > free) free = alignment === 1 ? top[i] : alignUp(top[i], alignment);
    }
  }
  return best >= 0 ? best : free;
}

/** Puts a buffer that was placed at `offset` in its row. */
export function insertInShelf(shelf: Shelf, offset: number, size: number, from: number, to: number): void {
  const { slot, filled, bottom, top, lower, upper } = shelf;
  const k = blockFor(shelf, offset);
  const end = BLOCK * slot[k] + filled[slot[k]];
  let place = BLOCK * slot[k];
  let high = end;
  while (place < high) {
    const middle = (place + high) >> 1;
    if (bottom[middle] <= offset) place = middle + 1;
    else high = middle;
  }
  for (const column of [bottom, top, lower, upper]) column.copyWithin(place + 1, place, end);
  bottom[place] = offset;
  top[place] = offset + size;
  lower[place] = from;
  upper[place] = to;
  shelf.length++;
  if (++filled[slot[k]] === BLOCK) halveBlock(shelf, k);
}

/** The last block that begins at or below `offset`, or the first block. */
function blockFor(shelf: Shelf, offset: number): number {
  const { slot, filled, bottom } = shelf;
  if (shelf.blocks === 0) {
    shelf.blocks = 1;
    slot[0] = 0;
    filled[0] = 0;
  }
  let low = 0;
  let high = shelf.blocks - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bottom[BLOCK * slot[middle]] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Moves the upper half of block `k` to a new block after it. */
function halveBlock(shelf: Shelf, k: number): void {
  const { slot, filled, bottom, top, lower, upper } = shelf;
  const half = BLOCK / 2;
  const from = BLOCK * slot[k];
  const to = BLOCK * shelf.blocks;
  for (const column of [bottom, top, lower, upper]) column.copyWithin(to, from + half, from + BLOCK);
  slot.copyWithin(k + 2, k + 1, shelf.blocks);
  slot[k + 1] = shelf.blocks++;
  filled[slot[k]] = half;
  filled[slot[k + 1]] = half;
}
