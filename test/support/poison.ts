// Which bytes of a program's buffers nobody owns when a node runs: what a test may overwrite there without a trace.

import { heldMoments } from '../../src/allocator/validate_plan.ts';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import type { Program } from '../../src/graph/program.ts';
import { byteLength } from '../../src/ops/op.ts';

/** Bytes [begin, end) of a buffer. */
export interface Range {
  readonly buffer: number;
  readonly begin: number;
  readonly end: number;
}

/** By time of a node, the tensors that must have their bytes then. The validator's reading of the graph, not the planner's. */
export function heldTensors(graph: Graph): Tensor[][] {
  const held = [...heldMoments(graph)];
  return graph.nodes.map((_, time) => held.filter(([, at]) => (at >> BigInt(time)) & 1n).map(([tensor]) => tensor));
}

/** The bytes of the arena that none of the tensors owns. */
export function freeRanges({ buffers, placements }: Program, held: readonly Tensor[]): Range[] {
  return buffers.flatMap(({ use, bytes }, buffer) => {
    if (use !== 'arena') return [];
    const owned = held
      .filter(({ name }) => placements[name]!.buffer === buffer)
      .map((tensor) => ({ begin: placements[tensor.name]!.offset, bytes: byteLength(tensor) }))
      .sort((a, b) => a.begin - b.begin);
    const begins = [0, ...owned.map((one) => one.begin + one.bytes)];
    const ends = [...owned.map((one) => one.begin), bytes];
    return begins.map((begin, i) => ({ buffer, begin, end: ends[i]! })).filter(({ begin, end }) => begin < end);
  });
}
