// Rung: pure. When a tensor must keep its bytes.

import { describe, expect, it } from 'vitest';
import { createGraphBuilder } from '../../src/graph/builder.ts';
import type { Phase } from '../../src/graph/graph.ts';
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
