// Rung: pure. Plans of every published model: as small as can be, checked by a validator that shares no code with the packer.

import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { alignedBytes } from '../../src/graph/layouts.ts';
import { type Interval, type Lifetime, lifetimes } from '../../src/graph/lifetimes.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { whisperGraph } from '../../src/whisper/model.ts';

const LARGE = { maxBufferSize: 2 ** 32 - 4 };

/** Pairs of tensors that are live at once and share bytes. O(n^2) over the tensors of a kind. */
function overlaps(
  graph: ReturnType<typeof whisperGraph>,
  plan: ReturnType<typeof planMemory>,
  weights = false,
): string[] {
  const arena = lifetimes(graph).filter((l) => (l.tensor.kind === 'weight') === weights);
  const placed = arena.map((l) => ({
    ...l,
    ...plan.placements[l.tensor.name]!,
    size: alignedBytes(l.tensor),
    times: liveTimes(l),
  }));
  const faults: string[] = [];
  placed.forEach((a, i) => {
    if (a.offset + a.size > plan.buffers[a.buffer]!.bytes || a.offset % 256 !== 0)
      faults.push(`${a.tensor.name} out of place`);
    for (let j = 0; j < i; j++) {
      const b = placed[j]!;
      if (a.upper <= b.lower || b.upper <= a.lower) continue;
      const atOnce = a.times.some((x) => b.times.some((y) => x.lower < y.upper && y.lower < x.upper));
      const together = a.buffer === b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
      if (atOnce && together) faults.push(`${a.tensor.name} over ${b.tensor.name}`);
    }
  });
  return faults;
}

function liveTimes({ lower, upper, gaps = [] }: Lifetime): Interval[] {
  const begins = [lower, ...gaps.map((gap) => gap.upper)];
  const ends = [...gaps.map((gap) => gap.lower), upper];
  return begins.map((begin, i) => ({ lower: begin, upper: ends[i]! }));
}

describe('[pure] plans', () => {
  for (const [name, dims] of Object.entries(PUBLISHED_DIMS)) {
    it(`${name}: the arena is the lower bound, and nothing overlaps`, () => {
      const graph = whisperGraph(dims, { weights: 'int8' });
      const plan = planMemory(graph, LARGE);
      expect(plan.arenaBytes).toBe(plan.lowerBound);
      expect(overlaps(graph, plan)).toEqual([]);
    });
  }

  it('bytes beside the weights keep their marks', () => {
    // Megabytes of the arena; uniforms, uploads and read-back add 0.6.
    const marks = { 'tiny.en': 12.3, base: 24.3, small: 72.4, medium: 192.3, 'large-v3': 320.1, turbo: 40.8 };
    for (const [name, mark] of Object.entries(marks)) {
      expect(planMemory(whisperGraph(PUBLISHED_DIMS[name]!), LARGE).arenaBytes / 1e6, name).toBeLessThanOrEqual(mark);
    }
  });

  for (const mode of ['absorbed', 'phased', 'streamed'] as const) {
    it(`${mode}: arena and weights are their lower bounds, and nothing overlaps`, () => {
      for (const name of ['tiny.en', 'small', 'turbo']) {
        const graph = whisperGraph(PUBLISHED_DIMS[name]!, { weights: 'int8', mode });
        const plan = planMemory(graph, LARGE);
        expect(plan.arenaBytes, name).toBe(plan.lowerBound);
        expect(plan.weightBytes, name).toBe(plan.weightLowerBound);
        expect(overlaps(graph, plan), name).toEqual([]);
        expect(overlaps(graph, plan, true), name).toEqual([]);
      }
    });
  }

  it('a device with small buffers gets several, none above its limit', () => {
    const graph = whisperGraph(PUBLISHED_DIMS['large-v3']!, { weights: 'int8' });
    const limit = 256 * 2 ** 20;
    const plan = planMemory(graph, { maxBufferSize: limit });
    expect(plan.buffers.filter((b) => b.use === 'arena').length).toBeGreaterThan(1);
    expect(Math.max(...plan.buffers.map((b) => b.bytes))).toBeLessThanOrEqual(limit);
    expect(overlaps(graph, plan)).toEqual([]);
  });

  it('weights lie one after another', () => {
    const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, { weights: 'int8' });
    const { placements, weightBytes } = planMemory(graph, LARGE);
    const weights = graph.tensors
      .filter((t) => t.kind === 'weight')
      .sort((a, b) => placements[a.name]!.offset - placements[b.name]!.offset);
    const end = weights.reduce((at, tensor) => {
      expect(placements[tensor.name], tensor.name).toEqual({ buffer: 0, offset: at });
      return at + alignedBytes(tensor);
    }, 0);
    expect(end).toBe(weightBytes);
  });

  it('one tensor above the limit is refused by name', () => {
    const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!);
    expect(() => planMemory(graph, { maxBufferSize: 2 ** 24 })).toThrow(/token_embedding/);
  });

  it('is the same every time', () => {
    const graph = whisperGraph(PUBLISHED_DIMS['base']!);
    expect(planMemory(graph, LARGE)).toEqual(planMemory(graph, LARGE));
  });
});
