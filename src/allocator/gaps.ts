// What gaps mean: a buffer is a row of pieces, each a stretch of time and the bytes live in it, that move together.
// Buffers without gaps are one piece; the hot loops treat those apart and never come here.

import type { Buffer } from './problem.ts';

/** Bytes [low, high) of a buffer, counted from its offset, live in the time [lower, upper). */
export interface Piece {
  readonly lower: number;
  readonly upper: number;
  readonly low: number;
  readonly high: number;
}

/** A buffer's pieces in order of time. */
export function livePieces({ lower, upper, size, gaps = [] }: Buffer): Piece[] {
  const pieces: Piece[] = [];
  let start = lower;
  for (const gap of gaps) {
    if (start < gap.lower) pieces.push({ lower: start, upper: gap.lower, low: 0, high: size });
    const { window } = gap;
    if (window) pieces.push({ lower: gap.lower, upper: gap.upper, low: window.lower, high: window.upper });
    start = gap.upper;
  }
  if (start < upper) pieces.push({ lower: start, upper, low: 0, high: size });
  return pieces;
}

/**
 * How far above the offset of one buffer that of another must lie to be on top of it: the most by which a piece below
 * reaches into a piece above that is live at the same time. Negative when their shapes interlock. Undefined when no
 * pieces are live together.
 */
export function clearance(below: readonly Piece[], above: readonly Piece[]): number | undefined {
  let most: number | undefined;
  for (const a of below) {
    for (const b of above) {
      if (a.lower >= b.upper || b.lower >= a.upper) continue;
      if (most === undefined || a.high - b.low > most) most = a.high - b.low;
    }
  }
  return most;
}

/** Every time at which a buffer's live bytes change inside its life. */
export function gapTimes({ gaps = [] }: Buffer): number[] {
  return gaps.flatMap((gap) => [gap.lower, gap.upper]);
}
