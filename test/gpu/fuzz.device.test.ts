// Rung: device. Random graphs in the planned layout, with poison in all bytes that nobody owns and weights swapped in when they are missing,
// leave what they leave where nothing shares bytes: to the bit, since the kernels are the same.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile, type MemoryLayout } from '../../src/graph/program.ts';
import { testGpu } from '../support/gpu.ts';
import { turns } from '../support/play.ts';
import { freeRanges, heldTensors } from '../support/poison.ts';
import { anyGraph } from '../support/random_graph.ts';
import { randomWeights } from '../support/tiny_whisper.ts';

interface Played {
  /** After every turn, the bytes of each tensor of the arena that is held then, by phase and name. */
  readonly left: readonly (readonly [string, Buffer])[];
  /** Weights written while phases ran. */
  readonly swaps: number;
}

/** Plays all turns. The graph's arena tensors are whole wherever a phase has ended. */
async function play(gpu: Gpu, graph: Graph, layout: MemoryLayout, pipelines: PipelineCache): Promise<Played> {
  const program = compile(graph, layout, gpu.caps);
  const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
  const weights = randomWeights(graph);
  const residency = new Map(graph.tensors.map(({ name, residency = 'model' }) => [name, residency]));
  for (const [name, data] of weights) if (residency.get(name) === 'model') await executor.write(name, data);
  let swaps = 0;
  executor.writeWeights = async (names) => {
    swaps += names.length;
    for (const name of names) await executor.write(name, weights.get(name)!);
  };
  const held = heldTensors(graph);
  const left: [string, Buffer][] = [];
  for (const { phase, writes } of turns(graph)) {
    for (const [name, data] of writes) await executor.write(name, data);
    const begin = graph.nodes.findIndex((node) => node.phase === phase);
    const last = graph.nodes.findLastIndex((node) => node.phase === phase);
    for (const { buffer, begin: from, end } of freeRanges(program, held[begin]!)) {
      await executor.writeBuffer(buffer, from, new Uint8Array(end - from).fill(0xff));
    }
    await executor.run(phase);
    for (const { kind, name } of held[last]!) {
      if (kind !== 'weight') left.push([`${phase}: ${name}`, Buffer.from(await executor.read(name))]);
    }
  }
  await executor.destroy();
  return { left, swaps };
}

describe('[device] random graphs', () => {
  it('leave to the bit what they leave without reuse', async () => {
    const gpu = await testGpu();
    const pipelines = new PipelineCache(gpu);
    let swaps = 0;
    await fc.assert(
      fc.asyncProperty(anyGraph(), fc.constantFrom(2 ** 17, 2 ** 28), async (graph, maxBufferSize) => {
        const want = await play(gpu, graph, separateLayout(graph), pipelines);
        const got = await play(gpu, graph, planMemory(graph, { maxBufferSize }), pipelines);
        expect(got.left.map(([name]) => name)).toEqual(want.left.map(([name]) => name));
        const wrong = got.left.filter(([, bytes], i) => !bytes.equals(want.left[i]![1]));
        expect(wrong.map(([name]) => name)).toEqual([]);
        swaps += got.swaps - want.swaps; // there, every weight is written once
      }),
      { numRuns: 20 },
    );
    expect(swaps).toBeGreaterThan(0);
  });
});
