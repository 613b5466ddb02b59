// How bound dispatches get to the device and how their end is awaited, when nothing is measured; timed_submitter.ts is the other way.

import type { BoundDispatch } from './bind.ts';
import type { Gpu } from './device.ts';
import { rested } from './rest.ts';

export interface Submitter {
  /** Sends the list off, `times` in a row. Nothing to wait for unless it returns a promise. */
  submit(list: readonly BoundDispatch[], times: number): Promise<void> | undefined;
  /** Waits for the end of all that was sent. @throws DeviceError. */
  settle(): Promise<void>;
  /** A phase is over: what was measured in it may be collected. */
  collect(): Promise<void> | undefined;
}

/** One command buffer and one pass a submit. */
export class PlainSubmitter implements Submitter {
  readonly #gpu: Gpu;

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

  async settle(): Promise<void> {
    await rested(this.#gpu.device.queue.onSubmittedWorkDone(), this.#gpu.caps);
    this.#gpu.check();
  }

  collect(): undefined {}
}

export function encode(pass: GPUComputePassEncoder, { dispatch, pipeline, bindGroup }: BoundDispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...dispatch.workgroups);
}
