// What a program needs of a device, made once: its buffers, its pipelines and a bind group for every dispatch.

import { MemoryError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { type BufferUse, type Dispatch, nodeForms, type Program } from '../graph/program.ts';
import { loadKernel } from '../ops/wgsl.ts';
import { BufferUsage } from './constants.ts';
import type { Gpu } from './device.ts';
import type { Kernel, PipelineCache } from './pipelines.ts';
import { isImage, layerAt, type Store } from './stores.ts';

const USAGE: Readonly<Record<Exclude<BufferUse, 'image' | 'queries'>, number>> = {
  weights: BufferUsage.STORAGE | BufferUsage.COPY_DST | BufferUsage.COPY_SRC,
  arena: BufferUsage.STORAGE | BufferUsage.COPY_DST | BufferUsage.COPY_SRC,
  uniforms: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
  upload: BufferUsage.MAP_WRITE | BufferUsage.COPY_SRC,
  readback: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
  timestamps: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
};

/** A dispatch with what the device needs to run it. */
export interface BoundDispatch {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Everything of a program that takes bytes on the device. */
export interface Made {
  /** In the order of `program.buffers`, queries left out: they come last. */
  readonly buffers: readonly Store[];
  /** Where the program was planned for timing. */
  readonly queries: GPUQuerySet | undefined;
}

/** @throws DeviceError when the driver has no room. Nothing stays behind. */
export async function makeBuffers(gpu: Gpu, program: Program): Promise<Made> {
  const buffers: Store[] = [];
  let queries: GPUQuerySet | undefined;
  try {
    for (const { label, bytes, use, layers = 1 } of program.buffers) {
      if (use === 'queries') queries = gpu.createQueries(label, bytes);
      else if (use === 'image') buffers.push(await gpu.createImage(label, bytes, layers));
      else buffers.push(await gpu.createBuffer(label, bytes, USAGE[use], use === 'upload'));
    }
    return { buffers, queries };
  } catch (error) {
    freeBuffers(gpu, { buffers, queries });
    throw error;
  }
}

export function freeBuffers(gpu: Gpu, { buffers, queries }: Made): void {
  if (queries) gpu.destroyQueries(queries);
  gpu.destroyStores(buffers);
}

/** The buffers of one use, in order. */
export function buffersOf(program: Program, { buffers }: Made, use: Exclude<BufferUse, 'image'>): GPUBuffer[] {
  return buffers.filter((_, i) => program.buffers[i]!.use === use) as GPUBuffer[]; // no other use is an image
}

/** @throws MemoryError when a buffer or a binding exceeds the device's limits. */
export function requireLimits(gpu: Gpu, program: Program): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits;
  for (const { label, bytes, use } of program.buffers) {
    if (use !== 'image' && bytes > maxBufferSize) {
      throw new MemoryError(
        `executor: expected at most ${maxBufferSize} bytes a buffer on '${gpu.name}', got ${bytes} for ${label}`,
      );
    }
  }
  for (const { label, bindings } of Object.values(program.phases).flat()) {
    const large = bindings.find(
      ({ bytes, buffer }) => program.buffers[buffer]!.use !== 'image' && bytes > maxStorageBufferBindingSize,
    );
    if (large) {
      throw new MemoryError(
        `${label}: expected at most ${maxStorageBufferBindingSize} bytes bound on '${gpu.name}', got ${large.bytes} for '${large.name}'`,
      );
    }
  }
}

/** @throws ShaderError. */
export async function compileAll(
  pipelines: PipelineCache,
  graph: Graph,
  program: Program,
): Promise<Map<Dispatch, Kernel>> {
  const compiled = Object.values(program.phases)
    .flat()
    .map(async (dispatch): Promise<[Dispatch, Kernel]> => {
      const node = graph.nodes[dispatch.node]!;
      const source = loadKernel(node.op.kernels, dispatch.kernel, nodeForms(node, program));
      return [dispatch, await pipelines.get(source, dispatch.constants)];
    });
  return new Map(await Promise.all(compiled));
}

export function bind(
  device: GPUDevice,
  dispatch: Dispatch,
  { pipeline, layout }: Kernel,
  uniforms: GPUBuffer,
  stores: readonly Store[],
): BoundDispatch {
  const bindGroup = device.createBindGroup({
    label: dispatch.label,
    layout,
    entries: [
      { binding: 0, resource: { buffer: uniforms, offset: dispatch.uniform, size: 256 } },
      ...dispatch.bindings.map(({ binding, buffer, offset, bytes }) => {
        const store = stores[buffer]!;
        return { binding, resource: isImage(store) ? layerAt(store, offset) : { buffer: store, offset, size: bytes } };
      }),
    ],
  });
  return { dispatch, pipeline, bindGroup };
}
