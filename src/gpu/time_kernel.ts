// Times one kernel on one case of its op by the wall clock. The bench and `tune` use this.

import type { Graph, Tensor } from '../graph/graph.ts';
import { ANY_SIZE } from '../graph/images.ts';
import { separateLayout } from '../graph/layouts.ts';
import { compile } from '../graph/program.ts';
import { encodeTensor } from '../ops/host_tensor.ts';
import { byteLength, type Case, elements, type Op, type Variant } from '../ops/op.ts';
import { caseTensor } from '../ops/random.ts';
import { caseGraph } from './check_kernel.ts';
import type { Gpu } from './device.ts';
import { GpuExecutor } from './executor.ts';
import type { PipelineCache } from './pipelines.ts';
import type { Sampling } from './samples.ts';
import { Stopwatch } from './stopwatch.ts';
import { encode } from './submitter.ts';

export interface KernelTimes {
  /** Seconds to compile the kernel, if nobody had, and to run it once: many drivers compile only then. */
  readonly first: number;
  /** Seconds of one dispatch of many in a submit, a sample each. */
  readonly samples: readonly number[];
}

/** Side of the block of random values that larger tensors repeat. A multiple of what shares a scale in any format. */
const BLOCK = 256;

/** @throws ShaderError, MemoryError or DeviceError when the kernel does not compile or run at all. Nothing stays behind. */
export async function timeKernel(
  gpu: Gpu,
  pipelines: PipelineCache,
  op: Op,
  given: Case<string, object>,
  variant: Variant,
  sampling: Sampling,
): Promise<KernelTimes> {
  const graph = caseGraph(op, given, variant);
  const layout = separateLayout(graph, 0, gpu.planLimits.images && ANY_SIZE); // in images where models are
  const program = compile(graph, layout, gpu.caps, { choose: () => variant });
  const began = performance.now();
  const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
  try {
    const made = performance.now();
    for (const [name, bytes] of timingBytes(op, given, graph)) await executor.write(name, bytes);
    const start = performance.now();
    await executor.run('case');
    const first = (made - began + performance.now() - start) / 1000;
    const [bound] = executor.dispatches('case');
    const dispatch = (encoder: GPUCommandEncoder, rounds: number) => {
      const pass = encoder.beginComputePass();
      for (let i = 0; i < rounds; i++) encode(pass, bound!);
      pass.end();
    };
    return { first, samples: await new Stopwatch(gpu).samples(dispatch, sampling) };
  } finally {
    await executor.destroy();
  }
}

/** Bytes of all tensors that the kernel reads: the case's own, else seeded random ones, of large tensors a block over and over. */
function timingBytes(op: Op, given: Case<string, object>, { tensors }: Graph): Map<string, Uint8Array> {
  const updated = op.updates(given.attrs ?? {});
  const read = tensors.filter(({ name }) => !op.outputs.includes(name) || updated.includes(name));
  return new Map(read.map((tensor) => [tensor.name, tensorBytes(given, tensor)]));
}

function tensorBytes(given: Case<string, object>, tensor: Tensor): Uint8Array {
  const { name, dtype } = tensor;
  if (given.fill?.(name) || elements(tensor) <= BLOCK * BLOCK) {
    return encodeTensor(caseTensor(given, name, tensor, 1));
  }
  const block = encodeTensor(
    caseTensor({ ...given, fill: () => undefined }, name, { dtype, shape: [BLOCK, BLOCK] }, 1),
  );
  const bytes = new Uint8Array(byteLength(tensor));
  for (let at = 0; at < bytes.length; at += block.length) bytes.set(block.subarray(0, bytes.length - at), at);
  return bytes;
}
