// Runs a program on a device. Every buffer, bind group and pipeline is made at the start; after that nothing is created.

import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { BufferUse, Dispatch, Program } from '../graph/program.ts';
import { byteLength, type DType, type TensorType } from '../ops/op.ts';
import { loadKernel } from '../ops/wgsl.ts';
import { BufferUsage } from './constants.ts';
import type { Gpu } from './device.ts';
import { type Kernel, PipelineCache } from './pipelines.ts';
import { type Leg, WeightSwap } from './swap.ts';
import { Transfer } from './transfer.ts';

const USAGE: Readonly<Record<BufferUse, number>> = {
  weights: BufferUsage.STORAGE | BufferUsage.COPY_DST | BufferUsage.COPY_SRC,
  arena: BufferUsage.STORAGE | BufferUsage.COPY_DST | BufferUsage.COPY_SRC,
  uniforms: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
  upload: BufferUsage.MAP_WRITE | BufferUsage.COPY_SRC,
  readback: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
};

/** On software adapters a phase goes out in parts of so many dispatches, so that an abort is heard within a second or so. */
const CPU_SUBMIT = 24;

/** A dispatch with what the device needs to run it. */
export interface BoundDispatch {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Dispatches that run in one go once weights are in place. */
interface BoundLeg {
  readonly weights: readonly string[];
  readonly list: readonly BoundDispatch[];
}

/** Writes weights, by name, to their places. */
export type WriteWeights = (names: readonly string[]) => Promise<void>;

export interface RunOptions {
  /** How often in a row, in one submit. */
  readonly times?: number;
  readonly signal?: AbortSignal;
}

export class GpuExecutor {
  readonly program: Program;
  readonly gpu: Gpu;
  /** Milliseconds spent in `run`, by phase. */
  readonly elapsed = new Map<string, number>();
  readonly #tensors: ReadonlyMap<string, TensorType>;
  readonly #buffers: readonly GPUBuffer[];
  readonly #legs: ReadonlyMap<string, readonly BoundLeg[]>;
  readonly #swap: WeightSwap;
  readonly #transfer: Transfer;
  /** Asked for weights that do not stay for good, whenever a phase needs them. */
  writeWeights: WriteWeights = async () => {};
  /** Least milliseconds that each kind of submit took after its first. */
  readonly #pace = new Map<string, number>();

  private constructor(
    gpu: Gpu,
    graph: Graph,
    program: Program,
    buffers: readonly GPUBuffer[],
    legs: ReadonlyMap<string, readonly BoundLeg[]>,
    swap: WeightSwap,
    transfer: Transfer,
  ) {
    this.gpu = gpu;
    this.program = program;
    this.#tensors = new Map(graph.tensors.map((t) => [t.name, t]));
    this.#buffers = buffers;
    this.#legs = legs;
    this.#swap = swap;
    this.#transfer = transfer;
  }

  /**
   * Compiles the kernels and makes the buffers of `program`, uniforms filled; weights are the caller's to write.
   * @throws ShaderError, MemoryError when a buffer exceeds the device's limit, DeviceError when the driver has no room. Nothing stays behind.
   */
  static async create(
    gpu: Gpu,
    graph: Graph,
    program: Program,
    pipelines = new PipelineCache(gpu),
  ): Promise<GpuExecutor> {
    requireLimits(gpu, program);
    const kernels = await compileAll(pipelines, graph, program);
    const buffers: GPUBuffer[] = [];
    try {
      for (const { label, bytes, use } of program.buffers) {
        buffers.push(await gpu.createBuffer(label, bytes, USAGE[use], use === 'upload'));
      }
      const of = (use: BufferUse) => buffers.filter((_, i) => program.buffers[i]!.use === use);
      const [uniforms] = of('uniforms');
      const transfer = new Transfer(gpu, of('upload'), of('readback')[0]!);
      await transfer.upload(uniforms!, 0, new Uint8Array(program.uniforms.buffer));
      const swap = new WeightSwap(graph, program);
      const bindLeg = ({ weights, dispatches }: Leg): BoundLeg => ({
        weights,
        list: dispatches.map((dispatch) => bind(gpu.device, dispatch, kernels.get(dispatch)!, uniforms!, buffers)),
      });
      const legs = new Map(Object.keys(program.phases).map((name) => [name, swap.legs(name).map(bindLeg)]));
      return new GpuExecutor(gpu, graph, program, buffers, legs, swap, transfer);
    } catch (error) {
      gpu.destroyBuffers(buffers);
      throw error;
    }
  }

  /** Bytes of the buffers made; equal to the program's sum by construction, and asserted against the device's account in tests. */
  get createdBytes(): number {
    return this.#buffers.reduce((sum, b) => sum + b.size, 0);
  }

  dispatches(phase: string): readonly BoundDispatch[] {
    return (this.#legs.get(phase) ?? []).flatMap((leg) => leg.list);
  }

  /** Whether a phase writes weights each time it runs, because they do not all have a place at once. */
  streams(phase: string): boolean {
    return (this.#legs.get(phase)?.length ?? 0) > 1;
  }

  /** Writes into a tensor from byte `offset` on. */
  async write(tensor: string, data: Uint8Array, offset = 0): Promise<void> {
    const at = this.#range(tensor, offset, data.byteLength);
    await this.#transfer.upload(at.buffer, at.offset, data);
  }

  /** Reads `bytes` of a tensor from byte `offset` on, after all work submitted before. */
  async read(tensor: string, offset = 0, bytes = byteLength(this.#type(tensor)) - offset): Promise<Uint8Array> {
    const at = this.#range(tensor, offset, bytes);
    return this.#transfer.download(at.buffer, at.offset, bytes);
  }

  /** Writes to a buffer of the program by its index, whatever lies there. */
  async writeBuffer(buffer: number, offset: number, data: Uint8Array): Promise<void> {
    await this.#transfer.upload(this.#buffers[buffer]!, offset, data);
  }

  /** Reads a buffer of the program by its index. */
  async readBuffer(buffer: number, offset: number, bytes: number): Promise<Uint8Array> {
    return this.#transfer.download(this.#buffers[buffer]!, offset, bytes);
  }

  /** Runs a phase and waits for its end. @throws the signal's reason, DeviceError, ModelFileError while weights are swapped in. */
  async run(phase: string, { times = 1, signal }: RunOptions = {}): Promise<void> {
    const legs = this.#legs.get(phase) ?? [];
    const began = performance.now();
    if (legs.length > 1) await this.#runLegs(phase, legs, times, signal);
    else if (legs[0]) await this.#runWhole(phase, legs[0], times, signal);
    this.elapsed.set(phase, (this.elapsed.get(phase) ?? 0) + performance.now() - began);
  }

  async #runWhole(phase: string, { weights, list }: BoundLeg, times: number, signal?: AbortSignal): Promise<void> {
    await this.#swapIn(weights);
    const part = this.gpu.caps.cpu && times === 1 ? CPU_SUBMIT : list.length;
    for (let begin = 0; begin < list.length; begin += part) {
      signal?.throwIfAborted();
      this.#submit(list.slice(begin, begin + part), times);
      await this.#settle(`${phase} ${begin} ${times}`);
    }
  }

  /** The queue keeps the order, so weights of the next leg are read and staged while this one computes. */
  async #runLegs(phase: string, legs: readonly BoundLeg[], times: number, signal?: AbortSignal): Promise<void> {
    for (let i = 0; i < times; i++) {
      for (const { weights, list } of legs) {
        signal?.throwIfAborted();
        await this.#swapIn(weights);
        this.#submit(list, 1);
      }
    }
    await this.#settle(`${phase} last`);
  }

  async #swapIn(weights: readonly string[]): Promise<void> {
    const missing = this.#swap.claim(weights);
    if (missing.length === 0) return;
    try {
      await this.writeWeights(missing);
    } catch (error) {
      this.#swap.forget();
      throw error;
    }
  }

  /** Frees every buffer. The executor is of no use afterwards. */
  async destroy(): Promise<void> {
    await this.gpu.device.queue.onSubmittedWorkDone().catch(() => {});
    await this.#transfer.drain();
    this.gpu.destroyBuffers(this.#buffers);
  }

  #submit(list: readonly BoundDispatch[], times: number): void {
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) {
      for (const { dispatch, pipeline, bindGroup } of list) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...dispatch.workgroups);
      }
    }
    pass.end();
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  // dawn.node turns the event loop without pause while a promise is pending, which takes a fifth of a software adapter's cores. So most
  // of the time that such a submit took at best is slept through. The first one does not count: drivers compile on first use.
  async #settle(kind: string): Promise<void> {
    const began = performance.now();
    const pace = this.#pace.get(kind);
    if (pace !== undefined && Number.isFinite(pace) && pace > 4) await sleep(pace * 0.85);
    await this.gpu.device.queue.onSubmittedWorkDone();
    this.#pace.set(kind, pace === undefined ? Number.POSITIVE_INFINITY : Math.min(pace, performance.now() - began));
    this.gpu.check();
  }

  #type(tensor: string): TensorType {
    const type = this.#tensors.get(tensor);
    if (!type) throw new MemoryError(`executor: expected a tensor of the graph, got '${tensor}'`);
    return type;
  }

  #range(tensor: string, offset: number, bytes: number): { buffer: GPUBuffer; offset: number } {
    const size = byteLength(this.#type(tensor));
    const placement = this.program.placements[tensor];
    if (!placement || offset + bytes > size) {
      throw new MemoryError(`executor: expected a range of ${tensor} (${size} bytes), got ${bytes} bytes at ${offset}`);
    }
    return { buffer: this.#buffers[placement.buffer]!, offset: placement.offset + offset };
  }
}

function requireLimits(gpu: Gpu, program: Program): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits;
  for (const { label, bytes } of program.buffers) {
    if (bytes > maxBufferSize) {
      throw new MemoryError(
        `executor: expected at most ${maxBufferSize} bytes a buffer on '${gpu.name}', got ${bytes} for ${label}`,
      );
    }
  }
  for (const { label, bindings } of Object.values(program.phases).flat()) {
    const large = bindings.find((b) => b.bytes > maxStorageBufferBindingSize);
    if (large) {
      throw new MemoryError(
        `${label}: expected at most ${maxStorageBufferBindingSize} bytes bound on '${gpu.name}', got ${large.bytes} for '${large.name}'`,
      );
    }
  }
}

async function compileAll(pipelines: PipelineCache, graph: Graph, program: Program): Promise<Map<Dispatch, Kernel>> {
  const compiled = Object.values(program.phases)
    .flat()
    .map(async (dispatch): Promise<[Dispatch, Kernel]> => {
      const { op, inputs, outputs } = graph.nodes[dispatch.node]!;
      const dtypes: Record<string, DType> = {};
      for (const [name, ref] of Object.entries({ ...inputs, ...outputs })) dtypes[name] = ref.dtype;
      return [dispatch, await pipelines.get(loadKernel(op.kernels, dispatch.kernel, dtypes), dispatch.constants)];
    });
  return new Map(await Promise.all(compiled));
}

function bind(
  device: GPUDevice,
  dispatch: Dispatch,
  { pipeline, layout }: Kernel,
  uniforms: GPUBuffer,
  buffers: readonly GPUBuffer[],
): BoundDispatch {
  const bindGroup = device.createBindGroup({
    label: dispatch.label,
    layout,
    entries: [
      { binding: 0, resource: { buffer: uniforms, offset: dispatch.uniform, size: 256 } },
      ...dispatch.bindings.map(({ binding, buffer, offset, bytes }) => ({
        binding,
        resource: { buffer: buffers[buffer]!, offset, size: bytes },
      })),
    ],
  });
  return { dispatch, pipeline, bindGroup };
}
