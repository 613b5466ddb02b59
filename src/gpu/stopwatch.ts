// Times small kernels by the wall clock: best of several submits, each long enough to drown its own cost.

import { loadKernel } from '../ops/wgsl.ts';
import { BufferUsage } from './constants.ts';
import type { Gpu } from './device.ts';
import { PipelineCache } from './pipelines.ts';
import { rested } from './rest.ts';
import { type Sampling, takeSamples } from './samples.ts';

const KERNELS = new URL('../../kernels/rates/', import.meta.url);
/** Samples are short enough to fall between two turns of other processes. */
const SAMPLING: Sampling = { sampleSeconds: 0.008, budgetSeconds: 0.25, fewest: 5 };

export type Encode = (encoder: GPUCommandEncoder) => void;
export type EncodeRounds = (encoder: GPUCommandEncoder, rounds: number) => void;

/** A kernel of kernels/rates with its buffers in place. */
export interface Ready {
  /** Sets the words of `struct Params`. */
  set(params: Uint32Array): void;
  /** One pass of so many dispatches. */
  encode(encoder: GPUCommandEncoder, groups: number, dispatches?: number): void;
}

export class Stopwatch {
  readonly gpu: Gpu;
  readonly #pipelines: PipelineCache;
  readonly #buffers: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.gpu = gpu;
    this.#pipelines = new PipelineCache(gpu);
  }

  async buffer(label: string, bytes: number, usage: number): Promise<GPUBuffer> {
    const made = await this.gpu.createBuffer(label, bytes, usage);
    this.#buffers.push(made);
    return made;
  }

  /** `storage`: by binding number from 1 on. */
  async ready(stem: string, storage: readonly GPUBuffer[]): Promise<Ready> {
    const { device } = this.gpu;
    const { pipeline, layout } = await this.#pipelines.get(loadKernel(KERNELS, stem, {}), {});
    const params = await this.buffer(`${stem} params`, 16, BufferUsage.UNIFORM | BufferUsage.COPY_DST);
    const bindGroup = device.createBindGroup({
      layout,
      entries: [params, ...storage].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return {
      set: (words) => device.queue.writeBuffer(params, 0, words.slice().buffer),
      encode(encoder, groups, dispatches = 1) {
        const pass = encoder.beginComputePass();
        for (let i = 0; i < dispatches; i++) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, bindGroup);
          pass.dispatchWorkgroups(groups);
        }
        pass.end();
      },
    };
  }

  /** Least seconds of a submit until the host knows of its end, `times` tried. */
  async least(encode: Encode, times = SAMPLING.fewest): Promise<number> {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < times; i++) best = Math.min(best, await this.#once(encode));
    this.gpu.check();
    return best;
  }

  /** Least seconds of one round of something that can be done any number of rounds. */
  async perRound(encode: EncodeRounds): Promise<number> {
    await this.#once((e) => encode(e, 1)); // drivers compile on first use
    return Math.min(...(await this.samples(encode, SAMPLING)));
  }

  /** Seconds of one round, a sample each. Command buffers are made before the clock starts. */
  async samples(encode: EncodeRounds, sampling: Sampling): Promise<number[]> {
    const samples = await takeSamples((rounds) => this.#once((e) => encode(e, rounds)), sampling);
    this.gpu.check();
    return samples;
  }

  async #once(encode: Encode): Promise<number> {
    const { device } = this.gpu;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    const commands = encoder.finish();
    const began = performance.now();
    device.queue.submit([commands]);
    await rested(device.queue.onSubmittedWorkDone());
    return (performance.now() - began) / 1000;
  }

  free(): void {
    this.gpu.destroyStores(this.#buffers);
  }
}
