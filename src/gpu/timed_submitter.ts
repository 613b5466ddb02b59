// Submits that tell when each dispatch ran: by timestamps around a pass per dispatch, or, where the device has none, by a submit per
// dispatch, whose time holds a turn of the event loop as well.

import type { BoundDispatch } from './bind.ts';
import type { Gpu } from './device.ts';
import type { Profiler } from './profiler.ts';
import { rested } from './rest.ts';
import { encode, PlainSubmitter, type Submitter } from './submitter.ts';
import type { Transfer } from './transfer.ts';

/** Dispatches between two read-backs of their timestamps: half of the queries that a set may have. */
const TIMED_DISPATCHES = 2048;
/** A begin and an end, 64 bits each. */
const BYTES = 16;
/** Bytes that timing takes on the device, at most: the queries, and the buffer that they are resolved to. */
export const TIMING_BYTES = 2 * TIMED_DISPATCHES * BYTES;
/** WebGPU resolves queries to offsets of 256 bytes. */
const ALIGNED_DISPATCHES = 256 / BYTES;

/** What to compile a program with that is to be profiled: 0 where the device has no timestamps. */
export function timedDispatches({ device }: Gpu): number {
  return device.features.has('timestamp-query') ? TIMED_DISPATCHES : 0;
}

interface Sent {
  readonly list: readonly BoundDispatch[];
  /** Index of the first among the timed dispatches. */
  readonly first: number;
  /** By the host's clock. */
  readonly submitted: number;
  /** Absent where a read was waited for instead, which is over when stamps are collected. */
  settled?: number;
}

export class TimestampSubmitter implements Submitter {
  readonly #gpu: Gpu;
  readonly #profiler: Profiler;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #transfer: Transfer;
  readonly #plain: PlainSubmitter;
  readonly #sent: Sent[] = [];
  #used = 0;
  /** Milliseconds from the device's clock to the host's. */
  #offset: number | undefined;

  constructor(gpu: Gpu, profiler: Profiler, queries: GPUQuerySet, resolved: GPUBuffer, transfer: Transfer) {
    this.#gpu = gpu;
    this.#profiler = profiler;
    this.#queries = queries;
    this.#resolved = resolved;
    this.#transfer = transfer;
    this.#plain = new PlainSubmitter(gpu);
  }

  async submit(list: readonly BoundDispatch[], times: number): Promise<void> {
    const all = Array.from({ length: times }, () => list).flat();
    for (let begin = 0; begin < all.length; ) {
      const room = this.#queries.count / 2 - this.#used;
      const part = all.slice(begin, begin + room);
      this.#send(part);
      begin += part.length;
      if (this.#used < this.#queries.count / 2) continue;
      await this.settle();
      await this.collect();
    }
  }

  async settle(): Promise<void> {
    const all = [...this.#sent]; // not what is sent while these are waited for
    await this.#plain.settle();
    const settled = performance.now();
    for (const sent of all) sent.settled ??= settled;
  }

  async collect(): Promise<void> {
    if (this.#used === 0) return;
    const began = performance.now();
    const { buffer } = await this.#transfer.download(this.#resolved, 0, this.#used * BYTES);
    const stamps = Array.from(new BigUint64Array(buffer), (nanoseconds) => Number(nanoseconds) / 1e6);
    for (const sent of this.#sent) this.#record({ ...sent, settled: sent.settled ?? began }, stamps);
    this.#sent.length = 0;
    this.#used = 0;
    this.#profiler.host('timestamps', 'profiler', buffer.byteLength, began);
  }

  #send(list: readonly BoundDispatch[]): void {
    const encoder = this.#gpu.device.createCommandEncoder();
    const first = this.#used;
    list.forEach((bound, i) => {
      const at = 2 * (first + i);
      const timestampWrites = {
        querySet: this.#queries,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      };
      const pass = encoder.beginComputePass({ timestampWrites });
      encode(pass, bound);
      pass.end();
    });
    encoder.resolveQuerySet(this.#queries, 2 * first, 2 * list.length, this.#resolved, first * BYTES);
    const submitted = performance.now();
    this.#gpu.device.queue.submit([encoder.finish()]);
    this.#sent.push({ list, first, submitted });
    this.#used = Math.ceil((first + list.length) / ALIGNED_DISPATCHES) * ALIGNED_DISPATCHES;
  }

  /** The device's clock is laid onto the host's so that a submit lies between being sent and being settled; it moves no more than it must. */
  #record({ list, first, submitted, settled }: Required<Sent>, stamps: readonly number[]): void {
    const earliest = submitted - stamps[2 * first]!;
    const latest = settled - stamps[2 * (first + list.length) - 1]!;
    const offset = Math.min(latest, Math.max(earliest, this.#offset ?? earliest));
    this.#offset = offset;
    list.forEach(({ dispatch }, i) => {
      const begin = stamps[2 * (first + i)]! + offset;
      this.#profiler.dispatched(dispatch, begin, Math.max(begin, stamps[2 * (first + i) + 1]! + offset));
    });
  }
}

export class SteppingSubmitter implements Submitter {
  readonly #gpu: Gpu;
  readonly #profiler: Profiler;

  constructor(gpu: Gpu, profiler: Profiler) {
    this.#gpu = gpu;
    this.#profiler = profiler;
  }

  async submit(list: readonly BoundDispatch[], times: number): Promise<void> {
    const { queue } = this.#gpu.device;
    for (let i = 0; i < times; i++) {
      for (const bound of list) {
        const encoder = this.#gpu.device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        encode(pass, bound);
        pass.end();
        const commands = encoder.finish();
        const began = performance.now();
        queue.submit([commands]);
        await rested(queue.onSubmittedWorkDone());
        this.#profiler.dispatched(bound.dispatch, began, performance.now());
      }
    }
  }

  async settle(): Promise<void> {
    await rested(this.#gpu.device.queue.onSubmittedWorkDone(), this.#gpu.caps);
    this.#gpu.check();
  }

  collect(): undefined {}
}
