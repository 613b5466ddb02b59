// Rung: pure. A graph as a packing problem, and its plan as a packing of it: both judged by what else knows the truth.

import { describe, expect, it } from 'vitest';
import { graphProblem, lowerBound, naiveBytes, planMemory, plannedPacking } from '../../src/allocator/index.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { faultsOf } from './problems.ts';

const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, { weights: 'int8', mode: 'streamed' });

describe('[pure] graphProblem', () => {
  it('is what planMemory packs', () => {
    const plan = planMemory(graph, { maxBufferSize: 2 ** 32 - 4 });
    const arena = graphProblem(graph, 'arena');
    expect(lowerBound(arena.problem)).toBe(plan.lowerBound);
    expect(naiveBytes(arena.problem)).toBe(plan.naiveBytes);
    expect(lowerBound(graphProblem(graph, 'weights').problem)).toBe(plan.weightLowerBound);
  });

  it('says where phases begin', () => {
    for (const { name, time } of graphProblem(graph, 'arena').phases) {
      expect(graph.nodes[time]!.phase).toBe(name);
      expect(graph.nodes[time - 1]?.phase).not.toBe(name);
    }
    const withNodes = new Set(graph.nodes.map(({ phase }) => phase));
    expect(graphProblem(graph, 'arena').phases.map(({ name }) => name)).toEqual([...withNodes]);
  });

  it.each(['arena', 'weights'] as const)('a plan is a valid packing of the %s, several buffers stacked', (use) => {
    for (const maxBufferSize of [2 ** 32 - 4, 21 * 2 ** 20]) {
      const plan = planMemory(graph, { maxBufferSize });
      const posed = graphProblem(graph, use);
      const packing = plannedPacking(posed, plan, use, lowerBound(posed.problem));
      expect(packing.height).toBe(use === 'arena' ? plan.arenaBytes : plan.weightBytes);
      expect(faultsOf(posed.problem, packing).filter((fault) => !fault.startsWith('height'))).toEqual([]);
    }
  });
});
