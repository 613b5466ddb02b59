// packBuffers: the one door to the packers. Improvers take turns, the one that has worked least so far going next,
// until the packing is as low as it need be or the effort is spent.

import { setImmediate } from 'node:timers/promises';
import { MemoryError, OptionError } from '../errors.ts';
import { checkSignal, createClock } from './clock.ts';
import { searchTree } from './exact.ts';
import { tryOrders } from './greedy.ts';
import { type Context, createIncumbent, type Improver, type Incumbent, isDone } from './improver.ts';
import { compileInstance } from './instance.ts';
import { peakBytes } from './lower_bound.ts';
import { createPlacer, placementWork } from './placement.ts';
import { checkProblem, type Effort, type Packing, type Problem, type Stop } from './problem.ts';
import { createRandom } from './random.ts';
import { promoteHigh } from './search.ts';

export interface PackOptions {
  /** `fast` when absent. */
  readonly effort?: Effort;
  /** Bytes of the arena; overrides the problem's. A packing that fits is good enough, one that does not is refused. */
  readonly capacity?: number;
  /** Wall time. When absent 1 s, 10 s and 60 s by effort. The first placement is made even if it takes longer. */
  readonly timeLimitMs?: number;
  /** Polled every few milliseconds. In `packBuffers` no event fires meanwhile: a signal must be aborted from a worker. */
  readonly signal?: AbortSignal;
  /** Of the random numbers in the local search. 1 when absent. */
  readonly seed?: number;
}

/** Steps of the clock, beyond the first few placements, and milliseconds. */
const EFFORTS: Readonly<Record<Effort, { readonly work: number; readonly timeLimitMs: number }>> = {
  fast: { work: 4e7, timeLimitMs: 1_000 },
  search: { work: 4e8, timeLimitMs: 10_000 },
  exact: { work: Number.POSITIVE_INFINITY, timeLimitMs: 60_000 },
};

/** Full placements that every effort may make, whatever the instance's size. */
const FREE_PLACEMENTS = 8;

/** Improvers by first turn, and the share of the work each is given while several have ideas left. */
const IMPROVERS: readonly { readonly start: Improver; readonly share: number }[] = [
  { start: promoteHigh, share: 1 },
  { start: tryOrders, share: 1 },
  { start: searchTree, share: 3 },
];

/** Placements made before the tree search's first turn: often they are enough, and they are cheaper. */
const HEAD_START = 24;

/** How long `packBuffersAsync` keeps the event loop waiting, but for a placement, which is never cut short. */
const BREATH_MS = 50;

/**
 * Packs buffers into one arena as low as the effort allows. Pure and synchronous; equal arguments give equal offsets
 * unless the time limit cuts in (`stop` says so).
 * @throws OptionError when the problem or an option is malformed.
 * @throws MemoryError when a capacity is given and no packing was found that fits; the message says whether one exists.
 * @throws the signal's reason when it is aborted.
 */
export function packBuffers(problem: Problem, options: PackOptions = {}): Packing {
  const steps = pack(problem, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** As `packBuffers`, to the same offsets, but timers and signals get their turn meanwhile. Rejects with its errors. */
export async function packBuffersAsync(problem: Problem, options: PackOptions = {}): Promise<Packing> {
  const steps = pack(problem, options);
  let step = steps.next();
  for (let breath = performance.now(); !step.done; step = steps.next()) {
    if (performance.now() - breath < BREATH_MS) continue;
    await setImmediate();
    breath = performance.now();
  }
  return step.value;
}

/** The work of both, with a place to pause every few milliseconds. */
function* pack(problem: Problem, options: PackOptions): Generator<void, Packing, void> {
  const { effort = 'fast', capacity = problem.capacity, signal, seed = 1 } = options;
  checkProblem({ ...problem, capacity }, 'packBuffers');
  const budget = EFFORTS[effort];
  if (budget === undefined) throw new OptionError(`packBuffers: expected effort fast, search or exact, got ${effort}`);
  const timeLimitMs = options.timeLimitMs ?? budget.timeLimitMs;
  if (!(timeLimitMs >= 0)) {
    throw new OptionError(`packBuffers: expected timeLimitMs to be 0 or more, got ${timeLimitMs}`);
  }
  checkSignal(signal);
  const instance = compileInstance(problem);
  const workLimit = budget.work + FREE_PLACEMENTS * placementWork(instance);
  const clock = createClock(workLimit, timeLimitMs, signal);
  const incumbent = createIncumbent(instance, peakBytes(instance), capacity ?? 0);
  if (capacity !== undefined && incumbent.lowerBound > capacity) throw tooHigh(incumbent, capacity);
  yield* improve({ instance, placer: createPlacer(instance), incumbent, clock, random: createRandom(seed) });
  if (capacity !== undefined && incumbent.height > capacity) throw tooHigh(incumbent, capacity);
  return {
    offsets: Array.from(incumbent.offsets),
    height: incumbent.height,
    lowerBound: incumbent.lowerBound,
    optimal: incumbent.height === incumbent.lowerBound,
    effort,
    foundBy: incumbent.foundBy,
    stop: stopReason(incumbent, clock.reason),
    milliseconds: clock.milliseconds,
  };
}

function* improve(context: Context): Generator<void, void, void> {
  const { incumbent, clock } = context;
  const headStart = HEAD_START * placementWork(context.instance);
  let turns = IMPROVERS.map(({ start, share }) => ({
    steps: start(context),
    share,
    used: start === searchTree ? headStart : 0, // work by share
  }));
  while (turns.length > 0 && !isDone(incumbent) && clock.reason === undefined) {
    const turn = turns.reduce((least, other) => (other.used < least.used ? other : least));
    const before = clock.work;
    let result = turn.steps.next();
    for (; result.value === 'pause'; result = turn.steps.next()) yield;
    turn.used += (clock.work - before) / turn.share;
    yield;
    if (result.done) turns = turns.filter((other) => other !== turn);
  }
}

function stopReason({ height, lowerBound, goal }: Incumbent, spent: 'work' | 'time' | undefined): Stop {
  if (height === lowerBound) return 'optimal';
  return height <= goal || spent === undefined ? 'capacity' : spent;
}

function tooHigh({ height, lowerBound }: Incumbent, capacity: number): MemoryError {
  const expected = `packBuffers: expected a packing within the capacity of ${capacity} bytes`;
  return lowerBound > capacity
    ? new MemoryError(`${expected}, but none exists because none is lower than ${lowerBound}`)
    : new MemoryError(`${expected}, got ${height} when the effort was spent; no packing is lower than ${lowerBound}`);
}
