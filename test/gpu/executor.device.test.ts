// Rung: device. What a program costs is what was planned, nothing is made after the start, and errors end the call.

import { describe, expect, it, vi } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { DeviceError, MemoryError, ShaderError } from '../../src/errors.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { type CreateOptions, GpuExecutor } from '../../src/gpu/executor.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { createGraphBuilder } from '../../src/graph/builder.ts';
import { ANY_SIZE } from '../../src/graph/images.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile } from '../../src/graph/program.ts';
import * as ops from '../../src/ops/index.ts';
import { packRows } from '../../src/ops/rows.ts';
import type { KernelSource } from '../../src/ops/wgsl.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { testGpu } from '../support/gpu.ts';
import { randomWeights, TINY_DIMS } from '../support/tiny_whisper.ts';

async function tinyExecutor() {
  const gpu = await testGpu();
  const graph = whisperGraph(TINY_DIMS, { tileRows: 20, queryRows: 12, crossRows: 10, prefillRows: 4 });
  const program = compile(graph, planMemory(graph, gpu.device.limits), gpu.caps);
  return { gpu, graph, program, executor: await GpuExecutor.create(gpu, graph, program) };
}

function normGraph() {
  const g = createGraphBuilder(ops, [{ name: 'only', repeats: false }]);
  g.phase('only');
  g.layerNorm({
    x: g.input('x', 'f32', [4, 64]),
    weight: g.weight('w', 'f32', [64]),
    bias: g.weight('b', 'f32', [64]),
  });
  return g.build();
}

describe('[device] executor', () => {
  it('creates what the program says, to the byte, and frees all of it', async () => {
    const gpu = await testGpu();
    const before = gpu.memory.live;
    const { executor, program } = await tinyExecutor();
    const planned = program.buffers.reduce((sum, b) => sum + b.bytes, 0);
    expect(gpu.memory.live - before).toBe(planned);
    expect(executor.createdBytes).toBe(planned);
    await executor.destroy();
    expect(gpu.memory.live).toBe(before);
  });

  it('makes no buffer, bind group or pipeline over 20 windows', async () => {
    const { gpu, graph, executor } = await tinyExecutor();
    for (const [name, data] of randomWeights(graph)) await executor.write(name, data);
    const row = new Uint8Array(packRows([{ token: 1, position: 0, sequence: 0, first: 0 }], 4).buffer);
    const makers = [
      'createBuffer',
      'createTexture',
      'createBindGroup',
      'createBindGroupLayout',
      'createComputePipelineAsync',
      'createShaderModule',
    ] as const;
    const spies = makers.map((name) => vi.spyOn(gpu.device, name));
    const made = gpu.memory.made;
    for (let window = 0; window < 20; window++) {
      for (const phase of ['mel', 'encode', 'cross']) await executor.run(phase);
      await executor.write('prompt_rows', row);
      for (const table of ['last_rows', 'cursor', 'rules', 'suppressed'])
        await executor.write(table, new Uint8Array(4));
      for (const phase of ['prefill', 'probe']) await executor.run(phase);
      await executor.write('step_rows', row.subarray(0, 16));
      await executor.run('sample');
      await executor.run('step', { times: 4 });
      await executor.read('ring', 0, 32);
    }
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
    expect(gpu.memory.made).toBe(made);
    await executor.destroy();
  });

  it('a phase half sent ahead gives what it gives in turn, and is void once its tables are written', async () => {
    const { graph, executor } = await tinyExecutor();
    for (const [name, data] of randomWeights(graph)) await executor.write(name, data);
    const row = new Uint8Array(packRows([{ token: 1, position: 0, sequence: 0, first: 0 }], 1).buffer);
    const decode = async (ahead: boolean) => {
      await executor.write('step_rows', row);
      for (const table of ['cursor', 'rules', 'suppressed']) await executor.write(table, new Uint8Array(4));
      const picked: number[] = [];
      for (const offset of [0, 8, 16, 24]) {
        const bytes = await executor.runAndRead('step', { tensor: 'ring', offset, bytes: 8 }, { ahead });
        picked.push(...new Uint32Array(bytes.buffer));
      }
      return picked;
    };
    const submits = vi.spyOn(executor.gpu.device.queue, 'submit');
    const expected = await decode(false);
    const inTurn = submits.mock.calls.length;
    submits.mockClear();
    expect(await decode(true)).toEqual(expected);
    expect(submits.mock.calls.length).toBeGreaterThan(inTurn);
    expect(await decode(true)).toEqual(expected);
    submits.mockRestore();
    await executor.destroy();
  });

  it('uploads larger than its buffers arrive whole, and ranges are checked', async () => {
    const { executor } = await tinyExecutor();
    const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) % 251);
    await executor.write('decoder.token_embedding.weight', bytes, 256);
    expect(await executor.read('decoder.token_embedding.weight', 256, bytes.length)).toEqual(bytes);
    await expect(executor.write('cursor', new Uint8Array(36))).rejects.toThrow(MemoryError);
    await expect(executor.read('no such tensor')).rejects.toThrow(/expected a tensor of the graph/);
    await executor.destroy();
  });

  it('an image is written and read in any run of texels, and counted', async () => {
    const gpu = await testGpu();
    const g = createGraphBuilder(ops, [{ name: 'only', repeats: false }]);
    g.phase('only');
    const w = g.weight('w', 'f16', [320, 64]); // two and a half rows of an image
    const v = g.weight('v', 'f16', [320, 64]);
    for (const each of [w, v]) g.linear({ x: g.input('x', 'f32', [1, 64]), w: each });
    const graph = g.build();
    const before = gpu.memory.live;
    const program = compile(graph, separateLayout(graph, 0, ANY_SIZE), gpu.caps);
    const executor = await GpuExecutor.create(gpu, graph, program);
    expect(program.buffers.filter(({ use }) => use === 'image')).toEqual([
      { label: 'image-2', use: 'image', bytes: 6 * 16384, layers: 2 },
    ]);
    expect(gpu.memory.live - before).toBe(executor.createdBytes);
    const bytes = Uint8Array.from({ length: 320 * 64 * 2 }, (_, i) => (i * 7) % 251);
    await executor.write('w', bytes.subarray(0, 48));
    await executor.write('w', bytes.subarray(48), 48);
    await executor.write('v', bytes.toReversed());
    expect(await executor.read('w')).toEqual(bytes);
    expect(await executor.read('w', 16000, 20000)).toEqual(bytes.subarray(16000, 36000));
    expect(await executor.read('v')).toEqual(bytes.toReversed());
    await expect(executor.write('w', bytes.subarray(0, 4))).rejects.toThrow(/multiples of 16 bytes/);
    await executor.destroy();
    expect(gpu.memory.live).toBe(before);
  });

  it('an aborted run rejects with the reason, and the next run works', async () => {
    const { executor } = await tinyExecutor();
    const reason = new Error('enough');
    await expect(executor.run('encode', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await executor.run('encode');
    await executor.destroy();
  });

  it('a layout beyond the device is refused before anything is made', async () => {
    const gpu = await testGpu();
    const graph = normGraph();
    const layout = separateLayout(graph);
    const huge = {
      ...layout,
      buffers: layout.buffers.map((b) => ({ ...b, bytes: gpu.device.limits.maxBufferSize + 4 })),
    };
    const made = gpu.memory.made;
    await expect(GpuExecutor.create(gpu, graph, compile(graph, huge, gpu.caps))).rejects.toThrow(MemoryError);
    expect(gpu.memory.made).toBe(made);
  });

  it('what is written while kernels compile is there', async () => {
    const gpu = await testGpu();
    const graph = normGraph();
    const data = new Uint8Array(256).fill(7);
    const fill: CreateOptions['fill'] = (to) => to.write('w', data);
    const executor = await GpuExecutor.create(gpu, graph, compile(graph, separateLayout(graph), gpu.caps), { fill });
    expect(await executor.read('w')).toEqual(data);
    await executor.destroy();
  });

  it('an error while kernels compile, or of a kernel, leaves nothing behind', async () => {
    const gpu = await testGpu();
    const graph = normGraph();
    const program = compile(graph, separateLayout(graph), gpu.caps);
    const before = gpu.memory.live;
    const fill: CreateOptions['fill'] = async () => {
      throw new RangeError('no weights');
    };
    await expect(GpuExecutor.create(gpu, graph, program, { fill })).rejects.toThrow('no weights');
    const pipelines = new PipelineCache(gpu);
    vi.spyOn(pipelines, 'get').mockRejectedValue(new ShaderError('wrong.wgsl:3'));
    await expect(GpuExecutor.create(gpu, graph, program, { pipelines })).rejects.toThrow(ShaderError);
    expect(gpu.memory.live).toBe(before);
  });

  it('a shader error names file and line', async () => {
    const gpu = await testGpu();
    const source: KernelSource = {
      file: 'wrong.wgsl',
      code: '@compute @workgroup_size(1)\nfn main() {\n  let x: u32 = 1.5;\n}\n',
      bindings: [],
      params: [],
      overrides: [],
      locate: (line) => `wrong.wgsl:${line}`,
    };
    const compiled = new PipelineCache(gpu).get(source, {});
    await expect(compiled).rejects.toThrow(ShaderError);
    await expect(compiled).rejects.toThrow(/^wrong\.wgsl:3: /);
  });

  it('an error nobody caught ends the next call by name', async () => {
    const gpu = await openGpu({ robustness: true });
    const graph = normGraph();
    const executor = await GpuExecutor.create(gpu, graph, compile(graph, separateLayout(graph), gpu.caps));
    gpu.device.createBuffer({ size: 4, usage: 0x1 | 0x2 }); // MAP_READ and MAP_WRITE at once
    await expect(executor.run('only')).rejects.toThrow(DeviceError);
    await gpu.close();
  });

  it('a lost device ends the call by name', async () => {
    const gpu = await openGpu({ robustness: true });
    const graph = normGraph();
    const executor = await GpuExecutor.create(gpu, graph, compile(graph, separateLayout(graph), gpu.caps));
    gpu.device.destroy();
    await gpu.device.lost;
    await expect(executor.run('only')).rejects.toThrow(/was lost/);
  });
});
