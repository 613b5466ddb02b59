// The packing problem and its answer, as plain data: buffers with half-open lifetimes and sizes get offsets in one
// arena. Known as dynamic storage allocation, or rectangle packing with fixed x. No algorithm lives here.

import { OptionError } from '../errors.ts';

/** A time in which a buffer is not, or only partly, live. Times are half-open, bytes count from the buffer's offset. */
export interface Gap {
  readonly lower: number;
  readonly upper: number;
  /** The bytes [lower, upper) of the buffer that stay live in this time; none when absent. */
  readonly window?: { readonly lower: number; readonly upper: number };
}

/** Bytes that are live in the half-open time [lower, upper). Times, sizes and offsets are integers up to 2^53 - 1. */
export interface Buffer {
  readonly id: string | number;
  readonly lower: number;
  readonly upper: number;
  readonly size: number;
  /** The offset must be a multiple of this. 1 when absent. */
  readonly alignment?: number;
  /** The offset this buffer had in an earlier plan: a place to start from, never a demand. */
  readonly hint?: number;
  readonly gaps?: readonly Gap[];
}

export interface Problem {
  readonly buffers: readonly Buffer[];
  /** Bytes of the arena. A packing of at most this height is good enough; a higher one is refused. */
  readonly capacity?: number;
}

/**
 * How hard to try. All three run the same improvers and stop at the lower bound. `fast` and `search` stop after a fixed
 * amount of work, so they return the same packing on every machine unless the clock cuts in first; `exact` goes on
 * until it proves its packing optimal.
 */
export type Effort = 'fast' | 'search' | 'exact';

/** Why the packer stopped: nothing lower exists, the capacity is met, or the effort or the time is spent. */
export type Stop = 'optimal' | 'capacity' | 'work' | 'time';

export interface Packing {
  /** Bytes from the arena's start, by buffer index. */
  readonly offsets: readonly number[];
  /** The arena's bytes: the highest end of a buffer, rounded up to the alignment that all buffers share. */
  readonly height: number;
  /** No packing is lower than this: the most bytes live at once, or more where the search proved more. */
  readonly lowerBound: number;
  /** True when `height` equals `lowerBound`. */
  readonly optimal: boolean;
  readonly effort: Effort;
  /** Which improver found the packing, and in what order it took the buffers. */
  readonly foundBy: string;
  readonly stop: Stop;
  readonly milliseconds: number;
}

/** The least multiple of `alignment` that is not below `value`. Exact up to 2^53, unlike bit tricks. */
export function alignUp(value: number, alignment: number): number {
  const over = value % alignment;
  return over === 0 ? value : value + alignment - over;
}

/** Greatest common divisor of two whole numbers; 0 is its neutral element. */
export function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/**
 * Checks a problem once, at the boundary.
 * @throws OptionError naming the first buffer that is wrong and why.
 */
export function checkProblem({ buffers, capacity }: Problem, where: string): void {
  let bytes = 0;
  for (const buffer of buffers) {
    const fault = bufferFault(buffer) ?? gapsFault(buffer);
    if (fault !== undefined) throw new OptionError(`${where}: buffer ${buffer.id}: ${fault}`);
    bytes += buffer.size + (buffer.alignment ?? 1);
  }
  if (!Number.isSafeInteger(bytes)) {
    throw new OptionError(`${where}: expected sizes that sum below 2^53 because offsets are doubles, got ${bytes}`);
  }
  if (capacity !== undefined && !isCount(capacity)) {
    throw new OptionError(`${where}: expected capacity to be a whole number of bytes, got ${capacity}`);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function bufferFault({ lower, upper, size, alignment = 1, hint = 0 }: Buffer): string | undefined {
  if (!Number.isSafeInteger(lower) || !Number.isSafeInteger(upper) || lower >= upper) {
    return `expected whole times with lower < upper because lifetimes are half-open, got [${lower}, ${upper})`;
  }
  if (!isCount(size)) return `expected size to be a whole number of bytes, got ${size}`;
  if (!isCount(alignment) || alignment < 1) return `expected alignment to be a whole number from 1, got ${alignment}`;
  if (!isCount(hint)) return `expected hint to be a whole number of bytes, got ${hint}`;
  return undefined;
}

function gapsFault({ lower, upper, size, gaps = [] }: Buffer): string | undefined {
  let free = lower; // gaps come in order and do not overlap
  for (const gap of gaps) {
    const whole = Number.isSafeInteger(gap.lower) && Number.isSafeInteger(gap.upper);
    if (!whole || gap.lower < free || gap.lower >= gap.upper || gap.upper > upper) {
      return `expected gaps in order inside [${lower}, ${upper}), got [${gap.lower}, ${gap.upper})`;
    }
    free = gap.upper;
    const { window } = gap;
    if (window && !(isCount(window.lower) && window.lower < window.upper && isCount(size - window.upper))) {
      return `expected a gap's window inside its ${size} bytes, got [${window.lower}, ${window.upper})`;
    }
  }
  return undefined;
}
