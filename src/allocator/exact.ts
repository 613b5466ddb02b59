// Exact packing: tree searches at capacities between the lower bound and the best height known, with growing limits
// (restarts), until the two meet. Searches differ in tactics: hard instances yield to one at once and to others never.

import { type Context, type Improver, offer } from './improver.ts';
import type { Instance } from './instance.ts';
import { createSorter, type Key } from './orders.ts';
import { createTreeModel, type TreeModel } from './tree_model.ts';
import { type Outcome, type Tactics, TreeSearch } from './tree_search.ts';

/** Orders of the candidates. The first three are MiniMalloc's: A area, T peak, W duration; Z size, C sections. */
const RANKS: Readonly<Record<string, readonly Key[]>> = {
  WAT: ['duration', 'area', 'peak'],
  TAW: ['peak', 'area', 'duration'],
  TWA: ['peak', 'duration', 'area'],
  ZW: ['size', 'duration'],
  CA: ['sections', 'area'],
  WZ: ['duration', 'size'],
};

const FIRST_NODES_PER_BUFFER = 2;
const LIMIT_GROWTH = 1.5;

/** Where to aim: at the lowest capacity still open, to halve what is open, or at the capacity asked for. */
type Aim = 'lowest' | 'middle' | 'goal';

interface Attempt extends Tactics {
  readonly name: string;
  readonly aim: Aim;
}

/** The range still open, in the model's units. */
interface Range {
  /** No capacity below this can be packed, as far as the model tells. */
  lowest: number;
  /** The highest capacity that would be a gain: below the best height. */
  highest: number;
}

/** One run of the tree search a step. Ends when no capacity is left to try: the packing is optimal for the model. */
export function* searchTree(context: Context): ReturnType<Improver> {
  const { instance, incumbent } = context;
  const model = createTreeModel(instance);
  if (model === undefined || model.count === 0) return;
  const goal = Math.floor(incumbent.goal / model.unit);
  const aims: readonly Aim[] = goal > 0 ? ['goal'] : ['lowest', 'middle'];
  const attempts = listAttempts(instance, model, aims);
  // Which sections fail depends on the capacity: each aim learns for itself.
  const searches = new Map(aims.map((aim) => [aim, new TreeSearch(model)]));
  const range: Range = { lowest: model.live.reduce((most, units) => Math.max(most, units), 0), highest: 0 };
  for (let limit = FIRST_NODES_PER_BUFFER * model.count; ; limit = Math.ceil(limit * LIMIT_GROWTH)) {
    for (const attempt of attempts) {
      const search = searches.get(attempt.aim)!;
      for (let outcome: Outcome = 'packed'; outcome !== 'stopped'; ) {
        range.highest = Math.ceil(incumbent.height / model.unit) - 1;
        const capacity = chooseCapacity(range, attempt.aim, goal);
        if (capacity === undefined) return;
        outcome = yield* runAttempt(context, search, model, capacity, attempt, limit);
        if (outcome === 'impossible') {
          range.lowest = Math.max(range.lowest, search.nextCapacity(capacity));
          if (model.faithful) incumbent.lowerBound = Math.max(incumbent.lowerBound, range.lowest * model.unit);
        }
        yield 'step';
      }
    }
  }
}

/** The capacity to try next. Nothing when none can be packed, or none would be a gain. */
function chooseCapacity({ lowest, highest }: Range, aim: Aim, goal: number): number | undefined {
  if (lowest > highest || (aim === 'goal' && lowest > goal)) return undefined;
  if (aim === 'goal') return Math.min(goal, highest);
  return aim === 'lowest' ? lowest : Math.floor((lowest + highest) / 2);
}

/** Runs the tree search once and offers what it packs. */
function* runAttempt(
  { instance, placer, incumbent, clock }: Context,
  search: TreeSearch,
  model: TreeModel,
  capacity: number,
  attempt: Attempt,
  limit: number,
): Generator<'pause', Outcome, void> {
  const outcome = yield* search.run(capacity, attempt, limit, clock);
  if (outcome === 'packed') {
    const offsets = new Float64Array(instance.count);
    const height = placer.place(upwardOrder(instance, model, search.offset), 'lowest', offsets);
    offer(incumbent, offsets, height, `tree search by ${attempt.name}`);
  }
  return outcome;
}

/** Buffers by ascending offset: placed so at the lowest fit, none lands above where the tree search put it. */
function upwardOrder({ count }: Instance, { source }: TreeModel, offset: Float64Array): Int32Array {
  const offsets = new Float64Array(count); // buffers without bytes are not in the model: 0
  source.forEach((b, index) => {
    offsets[b] = offset[index];
  });
  return Int32Array.from({ length: count }, (_, b) => b).sort((a, b) => offsets[a] - offsets[b] || a - b);
}

/** Every rank, plain and weighted, with every aim. */
function listAttempts(instance: Instance, { source }: TreeModel, aims: readonly Aim[]): Attempt[] {
  const sort = createSorter(instance);
  return Object.entries(RANKS).flatMap(([name, keys]) => {
    const place = new Int32Array(instance.count);
    sort(keys).forEach((b, position) => {
      place[b] = position;
    });
    const rank = Int32Array.from(source, (b) => place[b]);
    return [false, true].flatMap((weighted) =>
      aims.map((aim) => ({ name: weighted ? `${name}, weighted` : name, rank, weighted, aim })),
    );
  });
}
