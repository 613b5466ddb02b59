// A graph's memory as a packing problem: what planMemory packs, for those who want to look at it or to pack it elsewhere.

import type { Graph, Tensor } from '../graph/graph.ts';
import { lifetimes } from '../graph/lifetimes.ts';
import { blockProblem, tensorBlock } from './blocks.ts';
import type { PhaseMark } from './picture_plane.ts';
import type { Plan } from './plan.ts';
import type { Packing, Problem } from './problem.ts';

export interface GraphProblem {
  /** Times are node indices. */
  readonly problem: Problem;
  /** By buffer of the problem. */
  readonly tensors: readonly Tensor[];
  /** Where each phase begins. */
  readonly phases: readonly PhaseMark[];
}

/**
 * The tensors that share the arena, or the weights, one buffer each.
 * @throws GraphError when an activation is read before it is written.
 */
export function graphProblem(graph: Graph, use: 'arena' | 'weights'): GraphProblem {
  const blocks = lifetimes(graph)
    .filter(({ tensor }) => (tensor.kind === 'weight') === (use === 'weights'))
    .map(tensorBlock);
  const begins = graph.phases.map(({ name }) => ({ name, time: graph.nodes.findIndex(({ phase }) => phase === name) }));
  return {
    problem: blockProblem(blocks),
    tensors: blocks.map(({ tensors }) => tensors[0]!),
    phases: begins.filter(({ time }) => time >= 0),
  };
}

/** Where the plan put the problem's buffers, as one packing: several arenas stand one on top of the other. */
export function plannedPacking(
  { tensors }: GraphProblem,
  { buffers, placements }: Plan,
  use: 'arena' | 'weights',
  lowerBound: number,
): Pick<Packing, 'offsets' | 'height' | 'lowerBound'> {
  let height = 0;
  const bases = buffers.map(({ use: own, bytes }) => {
    const base = height;
    if (own === use) height += bytes;
    return base;
  });
  const offsets = tensors.map(({ name }) => bases[placements[name]!.buffer]! + placements[name]!.offset);
  return { offsets, height, lowerBound };
}
