// Rung: pure. Which kernel is taken of those that were timed, and which nodes share a choice.

import { describe, expect, it } from 'vitest';
import { pickVariant, predict, type Tried } from '../../src/gpu/tune.ts';
import { isForGpus, siteKey, sitesOf, timingCase, twinCase } from '../../src/gpu/tune_sites.ts';
import type { Caps } from '../../src/ops/op.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { TINY_DIMS } from '../support/tiny_whisper.ts';

const SOFTWARE: Caps = {
  cpu: true,
  subgroups: true,
  subgroupSize: 8,
  matrix: false,
  maxInvocations: 256,
  maxWorkgroupStorage: 16384,
};
const GPU: Caps = { ...SOFTWARE, cpu: false, subgroupSize: 32 };

const graph = whisperGraph(TINY_DIMS, { weights: 'int8' });
const sites = sitesOf([graph], SOFTWARE);

describe('[pure] pickVariant', () => {
  const timed = (variant: string, seconds: number): Tried => ({ variant, seconds });
  const wrong = (variant: string): Tried => ({ variant, rejected: 'WRONG' });

  it('keeps the default on a tie within 5 %', () => {
    expect(pickVariant([timed('a', 1), timed('b', 0.951)])?.variant).toBe('a');
    expect(pickVariant([timed('a', 1), timed('b', 0.95)])?.variant).toBe('a');
    expect(pickVariant([timed('a', 1), timed('b', 0.94), timed('c', 0.93)])).toEqual(timed('c', 0.93));
  });

  it('never takes one that was rejected, be it the default', () => {
    expect(pickVariant([timed('a', 1), wrong('b')])?.variant).toBe('a');
    expect(pickVariant([wrong('a'), timed('b', 2), timed('c', 1.99)])?.variant).toBe('c');
    expect(pickVariant([wrong('a'), wrong('b')])).toBeUndefined();
  });
});

describe('[pure] sites', () => {
  it('are the distinct ones with a choice', () => {
    expect(new Set(sites.map(({ key }) => key)).size).toBe(sites.length);
    for (const { variants } of sites) expect(variants.length).toBeGreaterThan(1);
    expect(new Set(sites.map(({ op }) => op.name))).toContain('linear');
  });

  it('do not depend on the names of tensors, in attributes neither', () => {
    const steps = graph.nodes.filter(({ phase, op }) => phase === 'step' && op.name === 'self_attention');
    expect(steps.length).toBe(TINY_DIMS.n_text_layer);
    expect(JSON.stringify(steps[0]!.attrs)).not.toBe(JSON.stringify(steps[1]!.attrs));
    expect(siteKey(steps[0]!)).toBe(siteKey(steps[1]!));
  });

  it('tell attributes, shapes and element types apart', () => {
    const { op, types, attrs } = sites.find((site) => site.op.name === 'linear')!;
    const key = (a: object, t: object) => siteKey({ op, attrs: a, inputs: t as never, outputs: {} });
    const w = types['w']!;
    const others = [
      key(attrs, types),
      key({ ...attrs, accumulate: true }, types),
      key(attrs, { ...types, w: { ...w, shape: [32, 32] } }),
      key(attrs, { ...types, w: { ...w, dtype: 'f32' } }),
    ];
    expect(new Set(others).size).toBe(others.length);
    expect(key({ b: 1, a: 2 }, { x: w, y: w })).toBe(key({ a: 2, b: 1 }, { y: w, x: w }));
  });

  it('have a case to check every kernel with, of their element types', () => {
    for (const site of sites) {
      for (const variant of site.variants) {
        const given = twinCase(site, variant, SOFTWARE);
        expect(given, `${site.op.name} ${variant.name} ${site.key}`).toBeDefined();
        for (const [name, type] of Object.entries(given!.types)) {
          if (site.types[name]) expect(type!.dtype, `${site.key}: ${name}`).toBe(site.types[name].dtype);
        }
      }
    }
  });

  it('have rows of one sequence within its context', () => {
    const site = sites.find(({ op, types }) => op.name === 'self_attention' && types['qkv']!.shape[0]! > 1)!;
    const rows = timingCase(site).fill!('rows')!;
    const positions = Array.from({ length: rows.length / 4 }, (_, i) => rows[4 * i + 1]!);
    const context = site.types['k_cache']!.shape[1]!;
    expect(positions[0]).toBe(Math.min(Math.floor(context / 2), context - positions.length));
    expect(positions).toEqual(positions.map((_, i) => positions[0]! + i));
    expect(positions.at(-1)).toBeLessThan(context);
  });

  it('spare software adapters what was made for GPUs, and GPUs nothing', () => {
    const names = (caps: Caps) =>
      sitesOf([graph], caps)
        .filter(({ op, types }) => op.name === 'linear' && !types['norm_weight'])
        .map((site) => site.variants.filter((v) => isForGpus(site, v, caps)).map((v) => v.name));
    for (const skipped of names(SOFTWARE)) expect(skipped.sort()).toEqual(['', 'vec']);
    for (const skipped of names(GPU)) expect(skipped).toEqual([]);
  });
});

describe('[pure] predict', () => {
  it('adds up a phase over its nodes', () => {
    const site = sites.find(({ op, types }) => op.name === 'layer_norm' && types['x']!.shape[0] === 1)!;
    const [a, b] = [site.variants[0]!, site.variants[1]!];
    const tried = [
      { variant: a.name, seconds: 3 },
      { variant: b.name, seconds: 2 },
    ];
    const step = predict(graph, [{ site, tried, chosen: tried[1] }]).find(({ phase }) => phase === 'step')!;
    const count = graph.nodes.filter((node) => node.phase === 'step' && siteKey(node) === site.key).length;
    expect(count).toBeGreaterThan(0);
    expect(step).toEqual({ phase: 'step', before: 3 * count, after: 2 * count });
  });
});
