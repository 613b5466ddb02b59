// How many rows of a window pass at a time: as many as cost no bytes. The fewest keep the encoder small; but where decoding needs more
// than that anyway, as large models do, whole windows fit below it, in a seventh of the dispatches.

import { graphProblem } from '../allocator/graph_problem.ts';
import { lowerBound } from '../allocator/lower_bound.ts';
import { BINDING_ALIGNMENT } from '../graph/program.ts';
import type { ModelDimensions } from './dims.ts';
import type { GraphOptions } from './graph_options.ts';
import { whisperGraph } from './model.ts';

const TILES = ['tileRows', 'queryRows', 'crossRows'] as const;

/** The options with each number of rows raised to the largest divisor of the window that leaves the arena's lower bound where it is. */
export function freeTiles<Options extends GraphOptions>(dims: ModelDimensions, options: Options): Options {
  const most = leastArena(dims, options);
  const isFree = (wider: GraphOptions) => leastArena(dims, wider) <= most;
  const all = dims.n_audio_ctx;
  const whole = { ...options, tileRows: all, queryRows: all, crossRows: all };
  if (isFree(whole)) return whole;
  let chosen = options;
  for (const tile of TILES) {
    const larger = rowCounts(dims).filter((rows) => rows > options[tile]);
    const free = firstFit(larger, (rows) => isFree({ ...chosen, [tile]: rows }));
    if (free !== undefined) chosen = { ...chosen, [tile]: free };
  }
  return chosen;
}

/** The first that fits of values of which all after it fit too, by bisection. */
function firstFit<T>(values: readonly T[], fits: (value: T) => boolean): T | undefined {
  let begin = 0;
  let end = values.length;
  while (begin < end) {
    const middle = Math.floor((begin + end) / 2);
    if (fits(values[middle]!)) end = middle;
    else begin = middle + 1;
  }
  return values[end];
}

function leastArena(dims: ModelDimensions, options: GraphOptions): number {
  return lowerBound(graphProblem(whisperGraph(dims, options), 'arena').problem);
}

/** Divisors of the window, largest first, whose runs of f16 rows can be bound. */
function rowCounts({ n_audio_ctx, n_audio_state }: ModelDimensions): number[] {
  const counts = Array.from({ length: n_audio_ctx }, (_, i) => n_audio_ctx - i);
  return counts.filter((rows) => n_audio_ctx % rows === 0 && (rows * n_audio_state * 2) % BINDING_ALIGNMENT === 0);
}
