// Rung: pure. When two tensors may share bytes, rule by rule: small graphs in a layout without reuse but for the two in question.

import { describe, expect, it } from 'vitest';
import { planMemory, validatePlan } from '../../src/allocator/index.ts';
import { createGraphBuilder } from '../../src/graph/builder.ts';
import type { Phase, TensorRef } from '../../src/graph/graph.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import * as ops from '../../src/ops/index.ts';

const PHASES: readonly Phase[] = [
  { name: 'once', repeats: false, part: 'first' },
  { name: 'again', repeats: true, part: 'first' },
  { name: 'last', repeats: false, part: 'second' },
];

function recorder() {
  const g = createGraphBuilder(ops, PHASES);
  const matrix = ['f32', [4, 64]] as const;
  return {
    phase: (name: string) => g.phase(name),
    segment: () => g.segment(),
    input: (name: string, lives?: 'always') => g.input(name, ...matrix, lives),
    state: (name: string, lives?: 'always') => g.state(name, ...matrix, lives),
    weight: (name: string, residency?: 'part' | 'segment') => g.weight(name, 'f32', [64], residency),
    /** A node that reads `x`, and `weight` where one is given, and writes `name`. */
    norm: (name: string, x: TensorRef, weight = g.weight('ones', 'f32', [64]), y = g.activation(name, ...matrix)) =>
      g.layerNorm({ x, weight, bias: g.weight('zeros', 'f32', [64]) }, {}, { y }),
    /** A node that reads and writes `y`. */
    update: (y: TensorRef) => g.addPosition({ position: g.weight('position', 'f32', [4, 64]) }, {}, { y }),
    build: () => g.build(),
  };
}

type Recorder = ReturnType<typeof recorder>;

/** What the validator says of a layout in which `a` and `b`, and nothing else, share all their bytes. */
function sharing(build: (g: Recorder) => void, a: string, b: string): string[] {
  const g = recorder();
  build(g);
  const graph = g.build();
  const layout = separateLayout(graph);
  const placements = { ...layout.placements, [b]: layout.placements[a]! };
  return validatePlan(graph, { ...layout, placements }, { maxBufferSize: 2 ** 20 }).map(({ message }) => message);
}

function chain(g: Recorder) {
  g.phase('once');
  const a = g.norm('a', g.input('x'));
  const b = g.norm('b', a);
  g.norm('c', b);
  g.norm('d', b);
}

function repeated(g: Recorder) {
  g.phase('once');
  const outside = g.norm('outside', g.input('x'));
  g.norm('done', outside);
  g.phase('again');
  const own = g.norm('own', outside);
  g.norm('later', own);
  const total = g.state('total');
  g.norm('copy', own, undefined, total);
  g.norm('late', g.input('fed'));
  g.phase('last');
  g.norm('end', total);
}

function steered(g: Recorder) {
  g.phase('once');
  const counter = g.state('counter');
  g.norm('early', g.input('x'));
  g.update(counter);
  g.norm('middle', g.input('rules', 'always'));
  g.norm('kept', g.input('y'), undefined, g.state('result'));
  g.phase('last');
  g.norm('end', g.input('z'));
}

function swapped(g: Recorder) {
  const x = g.input('x', 'always');
  g.phase('once');
  g.norm('a', x, g.weight('layer0', 'segment'));
  g.segment();
  g.norm('b', x, g.weight('layer1', 'segment'));
  g.norm('c', x, g.weight('layer1.bias', 'segment'));
  g.segment();
  g.norm('d', x, g.weight('layer0', 'segment'));
  g.phase('again');
  g.norm('e', x, g.weight('encoder', 'part'));
  g.phase('last');
  g.norm('f', x, g.weight('decoder', 'part'));
}

describe('[pure] two tensors may share bytes', () => {
  it.each<[string, (g: Recorder) => void, string, string]>([
    ['an activation after the last read of another', chain, 'a', 'c'],
    ["two that are each other's past in a repeating phase", repeated, 'own', 'late'],
    ['an activation before a repeating phase that makes the other', repeated, 'done', 'own'],
    ['a state and an activation before the phase that repeats', repeated, 'outside', 'end'],
    ['a state written before it is read, and an activation before', steered, 'early', 'result'],
    ['an input of a later phase, and an activation before', steered, 'middle', 'z'],
    ['weights of segments that do not meet', swapped, 'layer0', 'layer1'],
    ['a weight of a part and one of a segment outside', swapped, 'decoder', 'layer1'],
    ['weights of two parts', swapped, 'encoder', 'decoder'],
  ])('%s', (_, build, a, b) => {
    expect(sharing(build, a, b)).toEqual([]);
  });
});

describe('[pure] two tensors may not share bytes', () => {
  it.each<[string, (g: Recorder) => void, string, string, string]>([
    ['what a node reads and writes', chain, 'a', 'b', 'share bytes at 1, layer_norm'],
    ['one that is still to be read', chain, 'b', 'c', 'share bytes at 2, layer_norm'],
    ['inputs of one phase', repeated, 'fed', 'own', 'share bytes at 2, layer_norm'],
    ['what repeats read from outside, to the end', repeated, 'outside', 'late', 'share bytes at 5, layer_norm'],
    ['a state, from the begin of the phase that repeats', repeated, 'own', 'total', 'share bytes at 2, layer_norm'],
    ['a state, to the end of the phase that repeats', repeated, 'total', 'late', 'share bytes at 5, layer_norm'],
    [
      'a state that is read first, from the begin of its phase',
      steered,
      'early',
      'counter',
      'share bytes at 0, layer_norm',
    ],
    ['what lives always, with anything', steered, 'rules', 'end', 'share bytes at 4, layer_norm'],
    ['weights of one segment', swapped, 'layer1', 'layer1.bias', 'share bytes at 1, layer_norm'],
    ['a weight of a part and one of a segment in it', swapped, 'encoder', 'layer1', 'share bytes at 1, layer_norm'],
    ['a weight that stays, with anything', swapped, 'ones', 'layer1', ''],
  ])('%s', (_, build, a, b, message) => {
    const faults = sharing(build, a, b);
    expect(faults.length).toBe(1);
    expect(faults[0]).toContain(message);
  });
});

it('[pure] a weight of two segments in a row is planned as one of a longer segment', () => {
  const g = recorder();
  g.phase('once');
  const shared = g.weight('shared', 'segment');
  const x = g.norm('a', g.input('x'), shared);
  g.segment();
  g.norm('b', x, shared);
  g.segment();
  g.norm('c', x, g.weight('other', 'segment'));
  const graph = g.build();
  const limits = { maxBufferSize: 2 ** 20 };
  const plan = planMemory(graph, limits);
  expect(validatePlan(graph, plan, limits)).toEqual([]);
  expect(plan.placements['other']).toEqual(plan.placements['shared']);
});
