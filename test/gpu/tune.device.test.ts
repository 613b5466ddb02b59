// Rung: device. Kernels are timed and checked here; a wrong one is never chosen, whatever its speed; and nothing stays on the device.

import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../src/errors.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { type TunedSite, tuneKernels } from '../../src/gpu/tune.ts';
import { createGraphBuilder } from '../../src/graph/builder.ts';
import type { Graph } from '../../src/graph/graph.ts';
import * as ops from '../../src/ops/index.ts';
import type { Op } from '../../src/ops/op.ts';
import { testGpu } from '../support/gpu.ts';

const N = 64;

/** A graph of one layer norm. */
function normGraph(op: Op): Graph {
  const g = createGraphBuilder({ norm: op }, [{ name: 'run', repeats: false }]);
  g.phase('run');
  const refs = {
    x: g.input('x', 'f32', [3, N]),
    weight: g.weight('weight', 'f32', [N]),
    bias: g.weight('bias', 'f32', [N]),
  };
  g.norm(refs, {}, { y: g.state('y', 'f32', [3, N]) });
  return g.build();
}

async function tuneOne(op: Op, limitSeconds?: number): Promise<TunedSite> {
  const gpu = await testGpu();
  const before = gpu.memory.live;
  const told: number[] = [];
  const onSite = (_: TunedSite, done: number, of: number) => told.push(done, of);
  const [tuned] = await tuneKernels(gpu, [normGraph(op)], { all: true, limitSeconds, onSite });
  expect(gpu.memory.live).toBe(before);
  expect(told).toEqual([1, 1]);
  return tuned!;
}

const norm = (Object.values(ops) as readonly Op[]).find(({ name }) => name === 'layer_norm')!;

describe('[device] tuneKernels', () => {
  it('times every kernel', async () => {
    const { tried, chosen, site } = await tuneOne(norm);
    expect(tried.map(({ variant }) => variant).sort()).toEqual(['', 'cpu']);
    for (const { seconds } of tried) expect(seconds).toBeGreaterThan(0);
    expect(tried).toContainEqual({ variant: chosen!.variant, seconds: chosen!.seconds });
    expect(tried[0]!.variant).toBe(site.variants[0]!.name);
  });

  it('does not choose a wrong kernel, though it does nothing and is fast', async () => {
    const variants = norm.variants.map((v) => (v.name === 'cpu' ? { ...v, workgroups: () => [0, 1, 1] as const } : v));
    const { tried, chosen } = await tuneOne({ ...norm, variants });
    expect(tried.find(({ variant }) => variant === 'cpu')?.rejected).toMatch(/^WRONG: .*y\[\d+\]: expected/);
    expect(chosen?.variant).toBe('');
  });

  it('chooses none where none is right', async () => {
    const variants = norm.variants.map((v) => ({ ...v, workgroups: () => [0, 1, 1] as const }));
    const { tried, chosen } = await tuneOne({ ...norm, variants });
    expect(tried.every(({ rejected }) => rejected?.startsWith('WRONG'))).toBe(true);
    expect(chosen).toBeUndefined();
  });

  it('says why a kernel does not run, and goes on', async () => {
    const variants = [...norm.variants, { name: 'missing', workgroups: () => [1, 1, 1] as const }];
    const { tried, chosen } = await tuneOne({ ...norm, variants });
    expect(tried.find(({ variant }) => variant === 'missing')?.rejected).toMatch(/missing\.wgsl/);
    expect(chosen).toBeDefined();
  });

  it('gives up what takes too long to compile, but for the default', async () => {
    const { tried, chosen } = await tuneOne(norm, 1e-9);
    expect(tried[0]!.seconds).toBeGreaterThan(0);
    expect(tried[1]!.rejected).toMatch(/^gave up after [\d.]+ s to compile and run once$/);
    expect(chosen?.variant).toBe(tried[0]!.variant);
  });

  it('stops between kernels when told to', async () => {
    const gpu = await testGpu();
    const before = gpu.memory.live;
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(tuneKernels(gpu, [normGraph(norm)], { signal })).rejects.toThrow('enough');
    expect(gpu.memory.live).toBe(before);
  });

  it('refuses a device that computes nothing', async () => {
    const gpu = await openGpu({ adapter: 'null' });
    await expect(tuneKernels(gpu, [normGraph(norm)])).rejects.toThrow(DeviceError);
    await gpu.close();
  });
});
