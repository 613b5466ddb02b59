// How bound dispatches get to the device and how their end is awaited, when nothing is measured; timed_submitter.ts is the other way.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BoundDispatch } from './bind.ts';
import type { Gpu } from './device.ts';

export interface Submitter {
  /** Sends the list off, `times` in a row. Nothing to wait for unless it returns a promise. */
  submit(list: readonly BoundDispatch[], times: number): Promise<void> | undefined;
  /** Waits for the end of all that was sent. `kind` names submits that take about as long. @throws DeviceError. */
  settle(kind: string): Promise<void>;
  /** A phase is over: what was measured in it may be collected. */
  collect(): Promise<void> | undefined;
}

/** One command buffer and one pass a submit. */
export class PlainSubmitter implements Submitter {
  readonly #gpu: Gpu;
  /** Milliseconds that each kind of submit is expected to take at best. */
  readonly #pace = new Map<string, number>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  submit(list: readonly BoundDispatch[], times: number): undefined {
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) {
      for (const bound of list) encode(pass, bound);
    }
    pass.end();
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  // dawn.node turns the event loop without pause while a promise is pending, which takes a fifth of a software adapter's cores. So most
  // of the time that such a submit took at best is slept through. The first one does not count: drivers compile on first use. A sleep that
  // was too long cannot tell by how much, so the next one is a good deal shorter; else what a busy moment taught would come true for ever.
  async settle(kind: string): Promise<void> {
    const began = performance.now();
    const pace = this.#pace.get(kind);
    if (pace !== undefined && Number.isFinite(pace) && pace > 4) await sleep(pace * 0.85);
    const woke = performance.now();
    await this.#gpu.device.queue.onSubmittedWorkDone();
    const ended = performance.now();
    this.#pace.set(kind, nextPace(pace, ended - began, ended - woke));
    this.#gpu.check();
  }

  collect(): undefined {}
}

/** Milliseconds to expect of a submit that took so many, of which `waited` after the sleep. */
function nextPace(pace: number | undefined, took: number, waited: number): number {
  if (pace === undefined) return Number.POSITIVE_INFINITY;
  const overslept = Number.isFinite(pace) && waited < 0.02 * pace;
  return overslept ? 0.6 * pace : Math.min(pace, took);
}

export function encode(pass: GPUComputePassEncoder, { dispatch, pipeline, bindGroup }: BoundDispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...dispatch.workgroups);
}
