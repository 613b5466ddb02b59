// Rung: pure. Random graphs: their plans are without fault and as small as can be told, and compute what no reuse of memory computes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMemory, validatePlan } from '../../src/allocator/index.ts';
import { heldMoments } from '../../src/allocator/validate_plan.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import type { MemoryLayout } from '../../src/graph/program.ts';
import { byteLength, type HostTensor } from '../../src/ops/op.ts';
import { playOnCpu } from '../support/play.ts';
import { anyGraph } from '../support/random_graph.ts';

interface Move {
  readonly which: number;
  readonly onto: number;
  readonly steps: number;
}

const LARGE = { maxBufferSize: 2 ** 30 };

/** The most bytes that tensors of a use hold at once, whole bindings. */
function mostHeld(graph: Graph, use: 'arena' | 'weights'): number {
  const own = [...heldMoments(graph)].filter(([{ kind }]) => (kind === 'weight') === (use === 'weights'));
  const live = graph.nodes.map((_, time) =>
    own
      .filter(([, held]) => (held >> BigInt(time)) & 1n)
      .reduce((sum, [tensor]) => sum + Math.ceil(byteLength(tensor) / 256) * 256, 0),
  );
  return Math.max(...live);
}

describe('[pure] plans of random graphs', () => {
  it('are without fault, not below what is held at once, and not above no reuse', () => {
    fc.assert(
      fc.property(anyGraph(), (graph) => {
        const plan = planMemory(graph, LARGE);
        expect(validatePlan(graph, plan, LARGE)).toEqual([]);
        expect(plan.lowerBound).toBe(mostHeld(graph, 'arena'));
        expect(plan.weightLowerBound).toBe(mostHeld(graph, 'weights'));
        expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.lowerBound);
        expect(plan.arenaBytes).toBeLessThanOrEqual(plan.naiveBytes);
        expect(plan.weightBytes).toBeGreaterThanOrEqual(plan.weightLowerBound);
      }),
      { numRuns: 150 },
    );
  });

  it('are without fault where buffers are small', () => {
    fc.assert(
      fc.property(anyGraph(), fc.integer({ min: 1, max: 4 }), (graph, times) => {
        const largest = Math.max(...graph.tensors.map((tensor) => Math.ceil(byteLength(tensor) / 256) * 256));
        const limits = { maxBufferSize: largest * times };
        expect(validatePlan(graph, planMemory(graph, limits), limits)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('compute to the bit what no reuse computes, with all bytes poisoned that are not live', () => {
    fc.assert(
      fc.property(anyGraph(), (graph) => {
        const want = playOnCpu(graph, separateLayout(graph), { poison: false });
        expect(want.some(({ data }) => data.some(Number.isNaN))).toBe(false); // poison would not show
        expect(firstDifference(playOnCpu(graph, planMemory(graph, LARGE), { poison: true }), want)).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });
});

describe('[pure] validatePlan of random layouts', () => {
  it('passes none that computes something else', () => {
    const anyMove = fc.record({ which: fc.nat(999), onto: fc.nat(999), steps: fc.nat(2) });
    fc.assert(
      fc.property(anyGraph(), fc.array(anyMove, { minLength: 1, maxLength: 4 }), (graph, moves) => {
        const layout = shuffled(graph, moves);
        fc.pre(validatePlan(graph, layout, LARGE).length === 0);
        const want = playOnCpu(graph, separateLayout(graph), { poison: false });
        expect(firstDifference(playOnCpu(graph, layout, { poison: true }), want)).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });
});

/** A layout without reuse but for some tensors that were moved to, or a little behind, where another lies. */
function shuffled(graph: Graph, moves: readonly Move[]): MemoryLayout {
  const layout = separateLayout(graph);
  const placements = { ...layout.placements };
  for (const { which, onto, steps } of moves) {
    const moved = graph.tensors[which % graph.tensors.length]!;
    const alike = graph.tensors.filter(({ kind }) => (kind === 'weight') === (moved.kind === 'weight'));
    const { buffer, offset } = placements[alike[onto % alike.length]!.name]!;
    placements[moved.name] = { buffer, offset: offset + 256 * steps };
  }
  return { ...layout, placements };
}

/** Index of the first output that differs in a bit. */
function firstDifference(got: readonly HostTensor[], want: readonly HostTensor[]): number {
  const bytes = ({ data }: HostTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  expect(got.length).toBe(want.length);
  return got.findIndex((one, i) => !bytes(one).equals(bytes(want[i]!)));
}
