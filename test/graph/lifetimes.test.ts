// Rung: pure. When a tensor must keep its bytes.

import { describe, expect, it } from 'vitest';
import { createGraphBuilder } from '../../src/graph/builder.ts';
import type { Phase, Residency } from '../../src/graph/graph.ts';
import { lifetimes } from '../../src/graph/lifetimes.ts';
import * as ops from '../../src/ops/index.ts';

const once: Phase = { name: 'once', repeats: false };
const again: Phase = { name: 'again', repeats: true };

function spans(build: (g: ReturnType<typeof newGraph>) => void, phases: readonly Phase[] = [once, again]) {
  const g = newGraph(phases);
  build(g);
  return Object.fromEntries(lifetimes(g.build()).map(({ tensor, lower, upper }) => [tensor.name, [lower, upper]]));
}

function newGraph(phases: readonly Phase[]) {
  return createGraphBuilder(ops, phases);
}

function norm(g: ReturnType<typeof newGraph>, x: ReturnType<typeof g.input>) {
  return g.layerNorm({ x, weight: g.weight('w', 'f32', [64]), bias: g.weight('b', 'f32', [64]) });
}

describe('[pure] lifetimes', () => {
  it('an activation lives from its first write to its last read', () => {
    const all = spans((g) => {
      g.phase('once');
      const x = g.input('x', 'f32', [4, 64]);
      const a = norm(g, x);
      const b = norm(g, a);
      norm(g, b);
      norm(g, a);
    });
    expect(all).toMatchObject({
      x: [0, 1],
      'layer_norm.y': [0, 4],
      'layer_norm.y#2': [1, 3],
      'layer_norm.y#3': [2, 3],
    });
  });

  it('what a repeating phase reads from outside lives to its end; what it makes itself does not', () => {
    const all = spans((g) => {
      g.phase('once');
      const a = norm(g, g.input('x', 'f32', [4, 64]));
      g.phase('again');
      norm(g, norm(g, a));
      norm(g, g.input('y', 'f32', [4, 64]));
    });
    expect(all).toMatchObject({ 'layer_norm.y': [0, 4], 'layer_norm.y#2': [1, 3], y: [1, 4] });
  });

  it('a state lives from the begin of the repeating phase that updates it first', () => {
    const all = spans((g) => {
      g.phase('once');
      norm(g, g.input('x', 'f32', [4, 64]));
      g.phase('again');
      const x = g.input('z', 'f32', [4, 64]);
      norm(g, x);
      g.gatherRows({ x, index: g.input('index', 'u32', [1]) }, {}, { y: g.state('kept', 'f32', [1, 64]) });
    });
    expect(all).toMatchObject({ kept: [1, 3] });
  });

  it('`always` spans the whole timeline', () => {
    const all = spans((g) => {
      g.phase('once');
      norm(g, g.input('x', 'f32', [4, 64]));
      norm(g, g.input('y', 'f32', [4, 64], 'always'));
      norm(g, g.input('z', 'f32', [4, 64]));
    });
    expect(all).toMatchObject({ y: [0, 3] });
  });

  it('weights live as their residency says: always, while their part runs, or in the segments that read them', () => {
    const parts: readonly Phase[] = [
      { name: 'a', repeats: false, part: 'first' },
      { name: 'b', repeats: true, part: 'first' },
      { name: 'c', repeats: false, part: 'second' },
      { name: 'd', repeats: false, part: 'second' },
    ];
    const g = newGraph(parts);
    const vector = (name: string, residency?: Residency) => g.weight(name, 'f32', [64], residency);
    const use = (weight: ReturnType<typeof vector>) =>
      g.layerNorm({ x: g.input('x', 'f32', [4, 64]), weight, bias: vector('bias') });
    g.phase('a');
    use(vector('part', 'part')); // 0
    g.phase('b');
    use(vector('segment', 'segment')); // 1
    g.segment();
    use(vector('bias')); // 2
    g.phase('c');
    use(vector('segment', 'segment')); // 3
    use(vector('bias')); // 4
    g.phase('d');
    use(vector('late', 'part')); // 5
    const all = Object.fromEntries(lifetimes(g.build()).map(({ tensor, ...life }) => [tensor.name, life]));
    expect(all).toMatchObject({
      bias: { lower: 0, upper: 6 },
      part: { lower: 0, upper: 3 },
      late: { lower: 3, upper: 6 },
      segment: { lower: 1, upper: 5, gaps: [{ lower: 2, upper: 3 }] },
    });
  });

  it('an activation read before it is written is refused by name', () => {
    expect(() =>
      spans((g) => {
        g.phase('once');
        norm(g, g.activation('hole', 'f32', [4, 64]));
      }),
    ).toThrow(/expected hole to be written before layer_norm reads it/);
  });

  it('phases come in their order, once', () => {
    expect(() =>
      spans((g) => {
        g.phase('again');
        g.phase('once');
      }),
    ).toThrow(/expected the phases in their order \(once, again\), got 'once'/);
  });
});
