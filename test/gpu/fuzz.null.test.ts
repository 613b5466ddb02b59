// Rung: null. Random graphs: the executor creates what was planned, to the byte, at the start and never after, and frees all of it.

import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { compile } from '../../src/graph/program.ts';
import { turns } from '../support/play.ts';
import { anyGraph } from '../support/random_graph.ts';
import { randomWeights } from '../support/tiny_whisper.ts';

describe('[null] executors of random graphs', async () => {
  const gpu = await openGpu({ adapter: 'null' });
  const pipelines = new PipelineCache(gpu);
  // The device's own account, beside the one that `Gpu` keeps.
  const createBuffer = vi.spyOn(gpu.device, 'createBuffer');
  const created = () => createBuffer.mock.calls.map(([{ size }]) => size);
  afterAll(() => gpu.close());

  it('create the bytes planned, and none while they run', async () => {
    const anyLimit = fc.constantFrom(2 ** 17, 2 ** 28);
    await fc.assert(
      fc.asyncProperty(anyGraph(), anyLimit, async (graph, maxBufferSize) => {
        const plan = planMemory(graph, { maxBufferSize });
        const program = compile(graph, plan, gpu.caps, { uploadBytes: 4096, readbackBytes: 1024 });
        const planned = program.buffers.map(({ bytes }) => bytes);
        const total = planned.reduce((sum, bytes) => sum + bytes, 0);
        const layout = planned.slice(0, plan.buffers.length).reduce((sum, bytes) => sum + bytes, 0);
        expect(layout).toBe(plan.weightBytes + plan.arenaBytes);
        createBuffer.mockClear();
        const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
        expect(created()).toEqual(planned);
        expect(gpu.memory.live).toBe(total);
        expect(executor.createdBytes).toBe(total);
        const weights = randomWeights(graph);
        executor.writeWeights = async (names) => {
          for (const name of names) await executor.write(name, weights.get(name)!);
        };
        for (const { phase, writes } of turns(graph)) {
          for (const [name, data] of writes) await executor.write(name, data);
          await executor.run(phase);
        }
        expect(created()).toEqual(planned);
        await executor.destroy();
        expect(gpu.memory.live).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
