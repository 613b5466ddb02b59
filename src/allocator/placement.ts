// Places buffers one by one in a given order: the decoder under every heuristic here. A buffer takes the lowest, or
// the tightest, hole among the placed ones that is free for its whole lifetime.

import { clearance, livePieces } from './gaps.ts';
import type { Instance } from './instance.ts';
import { alignUp } from './problem.ts';
import { type Fit, findHole } from './shelf.ts';
import { createShelves } from './shelves.ts';

export interface Placer {
  /**
   * Places all buffers in `order`, fills `offsets` by buffer index and returns the height. Gives up when the height reaches
   * `limit`: buffers not placed by then have offset -1.
   */
  place(order: Int32Array, fit: Fit, offsets: Float64Array, limit?: number): number;
  /** What the last call cost, in the clock's steps. */
  readonly work: number;
}

const LOOKS_PER_STEP = 8; // a look at a placed buffer is cheap next to the tree search's steps
const LOOKS_TO_INSERT = 64;

/** What one call costs at most: each buffer looks at all before it. */
export function placementWork({ count }: Instance): number {
  return (count * (LOOKS_TO_INSERT + count / 2)) / LOOKS_PER_STEP;
}

/** Makes a placer whose scratch memory is reused by every call. With gaps the fit is always the lowest. */
export function createPlacer(instance: Instance): Placer {
  const { count, size, gapped } = instance;
  const placeNext = gapped ? createGappedStep(instance) : createSolidStep(instance);
  let looks = 0;
  return {
    get work() {
      return looks / LOOKS_PER_STEP;
    },
    place(order, fit, offsets, limit = Number.POSITIVE_INFINITY) {
      let height = 0;
      looks = 0;
      for (let position = 0; position < count; position++) {
        looks += LOOKS_TO_INSERT + placeNext(order, position, fit, offsets);
        const b = order[position];
        height = Math.max(height, offsets[b] + size[b]);
        if (height >= limit) {
          for (let p = position + 1; p < count; p++) offsets[order[p]] = -1;
          break;
        }
      }
      return height;
    },
  };
}

/** Places the buffer at `position`, those before it being placed, and returns the looks it took. */
type Step = (order: Int32Array, position: number, fit: Fit, offsets: Float64Array) => number;

function createSolidStep(instance: Instance): Step {
  const { size, alignment, unit, lower, upper } = instance;
  const shelves = createShelves(instance);
  return (order, position, fit, offsets) => {
    if (position === 0) shelves.clear();
    const b = order[position];
    const shelf = shelves.holding(lower[b], upper[b]);
    const looks = shelf.length;
    const step = alignment[b] === unit ? 1 : alignment[b]; // every top is a multiple of the unit already
    offsets[b] = findHole(shelf, lower[b], upper[b], size[b], step, fit);
    shelves.insert(offsets[b], size[b], lower[b], upper[b]);
    return looks;
  };
}

/** With gaps, what a placed buffer forbids depends on the pair: rises above each conflict until none is left. */
function createGappedStep({ buffers, alignment, lower, upper }: Instance): Step {
  const pieces = buffers.map(livePieces);
  return (order, position, _, offsets) => {
    const b = order[position];
    let offset = 0;
    let looks = 0;
    for (let rising = true; rising; ) {
      rising = false;
      for (let i = 0; i < position; i++) {
        const other = order[i];
        if (lower[other] >= upper[b] || lower[b] >= upper[other]) continue;
        looks += LOOKS_PER_STEP;
        const below = clearance(pieces[other], pieces[b]);
        const above = clearance(pieces[b], pieces[other]);
        if (below === undefined || above === undefined) continue;
        if (offset < offsets[other] + below && offsets[other] < offset + above) {
          offset = alignUp(offsets[other] + below, alignment[b]);
          rising = true;
        }
      }
    }
    offsets[b] = offset;
    return looks + position;
  };
}
