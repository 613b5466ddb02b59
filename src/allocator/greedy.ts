// The greedy packers: every order of the portfolio with every fit, the best kept. Cheap, and often at the bound.

import { type Context, type Improver, offer } from './improver.ts';
import { compileInstance } from './instance.ts';
import { createSorter, type Key, ORDERS, type OrderName } from './orders.ts';
import { createPlacer } from './placement.ts';
import { checkProblem, type Problem } from './problem.ts';
import type { Fit } from './shelf.ts';

/** Tries the portfolio, one placement a step. A plan remembered in the buffers' hints comes first. */
export function* tryOrders({ instance, placer, incumbent, clock }: Context): ReturnType<Improver> {
  const sort = createSorter(instance);
  const offsets = new Float64Array(instance.count);
  // Placed by ascending hint, lowest fit, no buffer lands above where a valid plan had it.
  const hinted: [string, readonly Key[]][] = instance.buffers.some(({ hint }) => hint !== undefined)
    ? [['hint', ['hint']]]
    : [];
  for (const [name, keys] of [...hinted, ...Object.entries(ORDERS)]) {
    const order = sort(keys);
    for (const fit of ['lowest', 'tightest'] as const) {
      const height = placer.place(order, fit, offsets, incumbent.height);
      offer(incumbent, offsets, height, `greedy by ${name}, ${fit} fit`);
      clock.spend(placer.work);
      yield 'step';
    }
  }
}

/**
 * One greedy placement, for comparison with planners that know a single order (TFLite: `tflite`, `tightest`).
 * @returns the height and the offsets by buffer index.
 * @throws OptionError when the problem is malformed.
 */
export function packInOrder(problem: Problem, order: OrderName, fit: Fit): { height: number; offsets: number[] } {
  checkProblem(problem, 'packInOrder');
  const instance = compileInstance(problem);
  const offsets = new Float64Array(instance.count);
  const height = createPlacer(instance).place(createSorter(instance)(ORDERS[order]), fit, offsets);
  return { height, offsets: Array.from(offsets) };
}
