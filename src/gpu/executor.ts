// Runs a program on a device. Every buffer, bind group and pipeline is made at the start; after that nothing is created.

import { MemoryError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, Program } from '../graph/program.ts';
import { byteLength, type TensorType } from '../ops/op.ts';
import {
  type BoundDispatch,
  bind,
  buffersOf,
  compileAll,
  freeBuffers,
  type Made,
  makeBuffers,
  requireLimits,
} from './bind.ts';
import { type Gpu, queryBytes } from './device.ts';
import { type Kernel, PipelineCache } from './pipelines.ts';
import type { Profiler } from './profiler.ts';
import { rested } from './rest.ts';
import { bytesOf, type Store } from './stores.ts';
import { PlainSubmitter, type Submitter } from './submitter.ts';
import { type Leg, WeightSwap } from './swap.ts';
import { SteppingSubmitter, TimestampSubmitter } from './timed_submitter.ts';
import { Transfer } from './transfer.ts';

/** On software adapters a phase goes out in parts of so many dispatches, at most two at a time: an abort is heard within a second or so. */
const CPU_SUBMIT = 24;

/** Dispatches that run in one go once weights are in place. */
interface BoundLeg {
  readonly weights: readonly string[];
  readonly list: readonly BoundDispatch[];
}

/** What `create` makes. */
interface Parts {
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly program: Program;
  readonly made: Made;
  readonly transfer: Transfer;
  readonly profiler: Profiler | undefined;
}

export interface CreateOptions {
  /** Kernels compiled before are found here. */
  readonly pipelines?: PipelineCache;
  readonly profiler?: Profiler | undefined;
  /** Writes what the program begins with, while its kernels compile. */
  readonly fill?: (executor: Pick<GpuExecutor, 'write'>) => Promise<void>;
}

/** Writes weights, by name, to their places. */
export type WriteWeights = (names: readonly string[]) => Promise<void>;

export interface RunOptions {
  /** How often in a row, with nothing awaited between. */
  readonly times?: number;
  /**
   * Send half of the phase's next run along, which hides the wait for this one's result: that must not be what the half writes.
   * Void once anything else is run or written.
   */
  readonly ahead?: boolean;
  readonly signal?: AbortSignal;
}

/** Bytes of a tensor; all of it where nothing is said. */
export interface ByteRange {
  readonly tensor: string;
  readonly offset?: number;
  readonly bytes?: number;
}

export class GpuExecutor {
  readonly program: Program;
  readonly gpu: Gpu;
  /** Milliseconds spent in `run`, by phase. */
  readonly elapsed = new Map<string, number>();
  readonly #tensors: ReadonlyMap<string, TensorType>;
  readonly #made: Made;
  #legs: ReadonlyMap<string, readonly BoundLeg[]> = new Map();
  readonly #swap: WeightSwap;
  readonly #transfer: Transfer;
  readonly #submitter: Submitter;
  readonly #profiler: Profiler | undefined;
  /** The phase of which the first `count` dispatches were sent ahead. */
  #ahead: { readonly phase: string; readonly count: number } | undefined;
  /** Asked for weights that do not stay for good, whenever a phase needs them. */
  writeWeights: WriteWeights = async () => {};

  private constructor({ gpu, graph, program, made, transfer, profiler }: Parts) {
    this.gpu = gpu;
    this.program = program;
    this.#tensors = new Map(graph.tensors.map((t) => [t.name, t]));
    this.#made = made;
    this.#swap = new WeightSwap(graph, program);
    this.#transfer = transfer;
    this.#profiler = profiler;
    this.#submitter = submitterOf(gpu, program, made, transfer, profiler);
  }

  /**
   * Compiles the kernels and makes the buffers of `program`, uniforms filled; weights are `fill`'s to write, or the caller's.
   * With a profiler, dispatches are timed by timestamps if the program was compiled with `timedDispatches`, else by a submit each.
   * @throws ShaderError, MemoryError when a buffer exceeds the device's limit, DeviceError when the driver has no room, and what `fill`
   * throws. Nothing stays behind.
   */
  static async create(
    gpu: Gpu,
    graph: Graph,
    program: Program,
    { pipelines = new PipelineCache(gpu), profiler, fill }: CreateOptions = {},
  ): Promise<GpuExecutor> {
    requireLimits(gpu, program);
    const compiling = compileAll(pipelines, graph, program);
    compiling.catch(() => {}); // heard below, once all is written
    let executor: GpuExecutor | undefined;
    try {
      const made = await makeBuffers(gpu, program);
      const transfer = new Transfer(gpu, buffersOf(program, made, 'upload'), buffersOf(program, made, 'readback')[0]!);
      executor = new GpuExecutor({ gpu, graph, program, made, transfer, profiler });
      const [uniforms] = buffersOf(program, made, 'uniforms');
      await transfer.upload(uniforms!, 0, new Uint8Array(program.uniforms.buffer));
      await fill?.(executor);
      executor.#bind(await rested(compiling), uniforms!);
      return executor;
    } catch (error) {
      await Promise.allSettled([compiling]); // a device must not be closed under it
      await executor?.destroy();
      throw error;
    }
  }

  #bind(kernels: ReadonlyMap<Dispatch, Kernel>, uniforms: GPUBuffer): void {
    const { device } = this.gpu;
    const bindLeg = ({ weights, dispatches }: Leg): BoundLeg => ({
      weights,
      list: dispatches.map((each) => bind(device, each, kernels.get(each)!, uniforms, this.#made.buffers)),
    });
    const phases = Object.keys(this.program.phases);
    this.#legs = new Map(phases.map((name) => [name, this.#swap.legs(name).map(bindLeg)]));
  }

  /** Bytes of the buffers made; equal to the program's sum by construction, and asserted against the device's account in tests. */
  get createdBytes(): number {
    const { buffers, queries } = this.#made;
    return buffers.reduce((sum, store) => sum + bytesOf(store), queryBytes(queries));
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
    this.#ahead = undefined;
    const began = performance.now();
    await this.#transfer.upload(at.store, at.offset, data);
    this.#profiler?.host('upload', tensor, data.byteLength, began);
  }

  /** Reads `bytes` of a tensor from byte `offset` on, after all work submitted before. */
  async read(tensor: string, offset = 0, bytes = byteLength(this.#type(tensor)) - offset): Promise<Uint8Array> {
    const at = this.#range(tensor, offset, bytes);
    const began = performance.now();
    const data = await this.#transfer.download(at.store, at.offset, bytes);
    this.#profiler?.host('read-back', tensor, bytes, began);
    return data;
  }

  /** Writes to a buffer of the program by its index, whatever lies there. */
  async writeBuffer(buffer: number, offset: number, data: Uint8Array): Promise<void> {
    this.#ahead = undefined;
    await this.#transfer.upload(this.#made.buffers[buffer]!, offset, data);
  }

  /** Reads a buffer of the program by its index. */
  async readBuffer(buffer: number, offset: number, bytes: number): Promise<Uint8Array> {
    return this.#transfer.download(this.#made.buffers[buffer]!, offset, bytes);
  }

  /** Runs a phase and waits for its end. @throws the signal's reason, DeviceError, ModelFileError while weights are swapped in. */
  run(phase: string, options?: RunOptions): Promise<void> {
    return this.#run(phase, () => this.#submitter.settle(), options);
  }

  /** Runs a phase and reads from a tensor what it left there, with one wait for both. @throws as `run`. */
  runAndRead(phase: string, { tensor, offset, bytes }: ByteRange, options?: RunOptions): Promise<Uint8Array> {
    return this.#run(phase, () => this.read(tensor, offset, bytes), options);
  }

  async #run<T>(phase: string, finish: () => Promise<T>, options: RunOptions = {}): Promise<T> {
    const { times = 1, ahead, signal } = options;
    const legs = this.#legs.get(phase) ?? [];
    const sent = this.#ahead?.phase === phase ? this.#ahead.count : 0;
    this.#ahead = undefined;
    const began = performance.now();
    if (legs.length > 1) await this.#submitLegs(legs, times, signal);
    else if (legs[0]) await this.#submitWhole(legs[0], sent, options);
    const list = ahead && legs.length === 1 && !this.#profiler ? legs[0]!.list : [];
    const [result] = await Promise.all([finish(), this.#sendAhead(phase, list)]);
    const ended = performance.now();
    this.elapsed.set(phase, (this.elapsed.get(phase) ?? 0) + ended - began);
    this.#profiler?.ran(phase, began, ended);
    await this.#submitter.collect();
    return result;
  }

  async #sendAhead(phase: string, list: readonly BoundDispatch[]): Promise<void> {
    if (list.length === 0) return;
    const count = Math.ceil(list.length / 2);
    this.#submitter.submit(list.slice(0, count), 1);
    this.#ahead = { phase, count };
  }

  /** `sent`: how many dispatches of the first time went ahead. */
  async #submitWhole({ weights, list }: BoundLeg, sent: number, options: RunOptions): Promise<void> {
    const { times = 1, ahead, signal } = options;
    await this.#swapIn(weights);
    const part = this.gpu.caps.cpu && times === 1 && !ahead ? CPU_SUBMIT : list.length;
    let before: Promise<void> = Promise.resolve();
    for (let begin = sent; begin < list.length; begin += part) {
      signal?.throwIfAborted();
      await this.#submitter.submit(list.slice(begin, begin + part), 1);
      // Waits for the part before this one, so that the device never runs dry.
      await before;
      before = begin + part < list.length ? this.#submitter.settle() : before;
      before.catch(() => {}); // heard above, unless an abort comes first
    }
    if (times > 1) await this.#submitter.submit(list, times - 1);
  }

  /** The queue keeps the order, so weights of the next leg are read and staged while this one computes. */
  async #submitLegs(legs: readonly BoundLeg[], times: number, signal?: AbortSignal): Promise<void> {
    for (let i = 0; i < times; i++) {
      for (const { weights, list } of legs) {
        signal?.throwIfAborted();
        await this.#swapIn(weights);
        await this.#submitter.submit(list, 1);
      }
    }
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
    await rested(this.gpu.device.queue.onSubmittedWorkDone()).catch(() => {});
    await this.#transfer.drain();
    freeBuffers(this.gpu, this.#made);
  }

  #type(tensor: string): TensorType {
    const type = this.#tensors.get(tensor);
    if (!type) throw new MemoryError(`executor: expected a tensor of the graph, got '${tensor}'`);
    return type;
  }

  #range(tensor: string, offset: number, bytes: number): { store: Store; offset: number } {
    const size = byteLength(this.#type(tensor));
    const placement = this.program.placements[tensor];
    if (!placement || offset + bytes > size) {
      throw new MemoryError(`executor: expected a range of ${tensor} (${size} bytes), got ${bytes} bytes at ${offset}`);
    }
    return { store: this.#made.buffers[placement.buffer]!, offset: placement.offset + offset };
  }
}

function submitterOf(
  gpu: Gpu,
  program: Program,
  made: Made,
  transfer: Transfer,
  profiler: Profiler | undefined,
): Submitter {
  if (!profiler) return new PlainSubmitter(gpu);
  if (!made.queries) return new SteppingSubmitter(gpu, profiler);
  const [resolved] = buffersOf(program, made, 'timestamps');
  return new TimestampSubmitter(gpu, profiler, made.queries, resolved!, transfer);
}
