// What the improvers of one call share: the best packing so far, what is proved about how low one can go, the clock.

import type { Clock } from './clock.ts';
import type { Instance } from './instance.ts';
import type { Placer } from './placement.ts';

export interface Incumbent {
  /** Infinite until the first offer. */
  height: number;
  readonly offsets: Float64Array;
  foundBy: string;
  /** No packing is lower. Starts at the bytes live at once; the tree search may raise it. */
  lowerBound: number;
  /** The capacity asked for: a height at or below it is good enough. 0 when none was. */
  readonly goal: number;
}

export interface Context {
  readonly instance: Instance;
  readonly placer: Placer;
  readonly incumbent: Incumbent;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * An improver works on for each `next()` and spends its work on the clock; it ends when out of ideas. After a `step`
 * another improver may have its turn; a `pause` amid a long step is only there for the caller to catch its breath.
 */
export type Improver = (context: Context) => Generator<'step' | 'pause', void, void>;

/** Starts without a packing: any offer is better. */
export function createIncumbent({ count }: Instance, lowerBound: number, goal: number): Incumbent {
  const height = count === 0 ? 0 : Number.POSITIVE_INFINITY;
  return { height, offsets: new Float64Array(count), foundBy: 'nothing to place', lowerBound, goal };
}

/** Keeps the packing when it is the lowest yet. */
export function offer(incumbent: Incumbent, offsets: Float64Array, height: number, foundBy: string): void {
  if (height >= incumbent.height) return;
  incumbent.height = height;
  incumbent.offsets.set(offsets);
  incumbent.foundBy = foundBy;
}

/** True when the packing is optimal or as low as asked, or when nothing as low as asked exists. */
export function isDone({ height, lowerBound, goal }: Incumbent): boolean {
  return height <= Math.max(lowerBound, goal) || (goal > 0 && lowerBound > goal);
}
