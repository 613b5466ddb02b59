// Local search on the order: place greedily, then move the buffers that end too high towards the front and place
// again. Squeaky wheel optimisation (Joslin and Clements 1999); TVM's hill climb moves the peak's neighbours likewise.

import { type Context, type Improver, offer } from './improver.ts';
import type { Instance } from './instance.ts';
import { createSorter, ORDERS } from './orders.ts';

/** Orders to start from: each leads to other packings, and which is best depends on the instance. */
const STARTS = ['peak', 'start', 'tflite'] as const;

/** Steps without gain before the next start's turn: short at first, so that large instances see every start. */
const FIRST_PATIENCE = 3;
const LAST_PATIENCE = 24;

/** A line of search from one start. */
interface Line {
  readonly name: string;
  readonly order: Int32Array;
  readonly bestOrder: Int32Array;
  height: number;
}

/** One placement a step, for ever. The first round is systematic; later ones draw how far and from where to move. */
export function* promoteHigh({ instance, placer, incumbent, clock, random }: Context): ReturnType<Improver> {
  const sort = createSorter(instance);
  const startLine = (name: (typeof STARTS)[number]): Line => {
    const order = sort(ORDERS[name]);
    return { name, order, bestOrder: order.slice(), height: Number.POSITIVE_INFINITY };
  };
  const lines: Line[] = []; // begun at their first turn: the first placement is often at the bound
  const offsets = new Float64Array(instance.count);
  const promote = createPromoter(instance);
  for (let patience = FIRST_PATIENCE; ; patience = Math.min(2 * patience, LAST_PATIENCE)) {
    const first = patience === FIRST_PATIENCE;
    for (const [index, name] of STARTS.entries()) {
      lines[index] ??= startLine(name);
      const line = lines[index];
      line.order.set(line.bestOrder);
      for (let idle = 0; idle < patience; idle++) {
        const height = placer.place(line.order, 'lowest', offsets, line.height);
        if (height < line.height) {
          offer(incumbent, offsets, height, `promotion from the ${line.name} order`);
          line.height = height;
          line.bestOrder.set(line.order);
          idle = 0;
        }
        clock.spend(placer.work);
        yield 'step';
        // Any buffer above the bound is too high; only those above the best known height keep it from falling.
        const limit = first || random() < 0.5 ? incumbent.lowerBound : Math.max(incumbent.lowerBound, line.height - 1);
        const jump = first ? instance.count : instance.count * 2 ** -Math.floor(Math.log2(instance.count) * random());
        promote(line.order, offsets, limit, jump);
      }
    }
  }
}

/** Moves the buffers that end above `limit` up to `jump` places forward; both groups keep their own order. O(n). */
function createPromoter({ count, size }: Instance) {
  const high = new Int32Array(count); // positions in the order
  const rest = new Int32Array(count);
  const before = new Int32Array(count);
  return (order: Int32Array, offsets: Float64Array, limit: number, jump: number): void => {
    let highs = 0;
    let rests = 0;
    before.set(order);
    for (let position = 0; position < count; position++) {
      const b = before[position];
      if (offsets[b] + size[b] > limit) high[highs++] = position;
      else rest[rests++] = position;
    }
    let h = 0;
    let r = 0;
    for (let position = 0; position < count; position++) {
      const takeHigh = r === rests || (h < highs && high[h] - jump < rest[r]);
      order[position] = before[takeHigh ? high[h++] : rest[r++]];
    }
  };
}
