// Planned bytes of every published size, and the proof that the engine creates no other: each program's buffers are made on Dawn's null
// backend, and the sizes asked of `device.createBuffer` are added up.

import { planMemory } from '../../src/allocator/plan.ts';
import { MemoryError } from '../../src/errors.ts';
import { type Gpu, openGpu } from '../../src/gpu/device.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { BINDING_ALIGNMENT, compile } from '../../src/graph/program.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { MODES, type Mode } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { WEIGHT_PRECISIONS, type WeightPrecision } from '../../src/whisper/weight_rules.ts';

export interface PlannedRow {
  /** A published name, or several of the same figures: `tiny.en, tiny`. */
  readonly model: string;
  readonly weights: WeightPrecision;
  readonly mode: Mode;
  readonly weightBytes: number;
  readonly plannedBytes: number;
  /** As counted on the null backend; equal to what was planned. */
  readonly createdBytes: number;
  readonly arenaBytes: number;
  readonly lowerBound: number;
}

type Size = Omit<PlannedRow, 'model'>;

/** Bytes of a buffer and of a binding that WebGPU's own 32-bit sizes admit: what a GPU with 4 GiB buffers gives. */
const LARGEST = 2 ** 32 - 4;
/** The null backend holds 512 MiB in all, so larger buffers are made this long and stand for the size that was asked for. */
const STAND_IN = 1 << 20;

interface CountingGpu {
  readonly gpu: Gpu;
  /** Bytes asked of the device since the last call. */
  takeCreated(): number;
}

/**
 * Plans and creates every model in every format and mode. English-only models are as large as their multilingual twins: models of the same
 * figures throughout share their rows. @throws MemoryError where created differs from planned.
 */
export async function planSizes(models: readonly string[] = Object.keys(PUBLISHED_DIMS)): Promise<PlannedRow[]> {
  const counting = await openCountingGpu();
  const pipelines = new PipelineCache(counting.gpu);
  try {
    const alike = new Map<string, { names: string[]; sizes: readonly Size[] }>();
    for (const model of models) {
      const sizes = await sizesOf(model, counting, pipelines);
      const group = alike.get(JSON.stringify(sizes)) ?? { names: [], sizes };
      group.names.push(model);
      alike.set(JSON.stringify(sizes), group);
    }
    return [...alike.values()].flatMap(({ names, sizes }) =>
      sizes.map((size) => ({ model: names.join(', '), ...size })),
    );
  } finally {
    await counting.gpu.close();
  }
}

async function sizesOf(model: string, counting: CountingGpu, pipelines: PipelineCache): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const weights of WEIGHT_PRECISIONS) {
    for (const mode of MODES) sizes.push(await planAndCreate(model, { weights, mode }, counting, pipelines));
  }
  return sizes;
}

async function planAndCreate(
  model: string,
  { weights, mode }: Pick<Size, 'weights' | 'mode'>,
  { gpu, takeCreated }: CountingGpu,
  pipelines: PipelineCache,
): Promise<Size> {
  const graph = whisperGraph(PUBLISHED_DIMS[model]!, { weights, mode });
  const plan = planMemory(graph, gpu.planLimits);
  const program = compile(graph, plan, gpu.caps);
  const plannedBytes = program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  takeCreated();
  const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
  const createdBytes = takeCreated();
  await executor.destroy();
  if (createdBytes !== plannedBytes) {
    throw new MemoryError(
      `bench memory: expected the ${plannedBytes} bytes planned for ${model} ${weights} ${mode}, got ${createdBytes} created`,
    );
  }
  const { weightBytes, arenaBytes, lowerBound } = plan;
  return { weights, mode, weightBytes, plannedBytes, createdBytes, arenaBytes, lowerBound };
}

/** The null backend with a large device's limits. Bindings are checked against the sizes asked for. */
export async function openCountingGpu(): Promise<CountingGpu> {
  const gpu = await openGpu({ adapter: 'null' });
  const { device } = gpu;
  const { limits } = device;
  const raised: Readonly<Record<string, number>> = { maxBufferSize: LARGEST, maxStorageBufferBindingSize: LARGEST };
  Object.defineProperty(device, 'limits', {
    value: new Proxy(limits, { get: (own, key: string) => raised[key] ?? own[key as keyof GPUSupportedLimits] }),
  });
  let created = 0;
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer({ ...descriptor, size: Math.min(descriptor.size, STAND_IN) });
    Object.defineProperty(buffer, 'size', { value: descriptor.size });
    created += descriptor.size;
    return buffer;
  };
  const createBindGroup = device.createBindGroup.bind(device);
  device.createBindGroup = (descriptor) =>
    createBindGroup({ ...descriptor, entries: [...descriptor.entries].map(standIn) });
  return {
    gpu,
    takeCreated() {
      const bytes = created;
      created = 0;
      return bytes;
    },
  };
}

/** The entry's range if the buffer really has it, else the beginning. */
function standIn({ binding, resource }: GPUBindGroupEntry): GPUBindGroupEntry {
  const { buffer, offset = 0, size = 0 } = resource as GPUBufferBinding;
  if (offset % BINDING_ALIGNMENT !== 0 || offset + size > buffer.size) {
    throw new MemoryError(
      `bench memory: expected a range of ${buffer.label}'s ${buffer.size} bytes, got ${size} at ${offset}`,
    );
  }
  const fits = offset + size <= STAND_IN;
  return { binding, resource: { buffer, offset: fits ? offset : 0, size: Math.min(size, STAND_IN) } };
}
