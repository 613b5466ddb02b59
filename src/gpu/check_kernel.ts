// Runs one kernel on one case of its op, on the device, and holds it against the CPU twin. The tests, `doctor` and the bench use this.

import { createGraphBuilder } from '../graph/builder.ts';
import type { Graph, TensorRef } from '../graph/graph.ts';
import type { ImageSizes } from '../graph/images.ts';
import { separateLayout } from '../graph/layouts.ts';
import { compile, kernelStem } from '../graph/program.ts';
import { decodeTensor, encodeTensor, hostTensor, storageStep } from '../ops/host_tensor.ts';
import {
  byteLength,
  type Case,
  caseTypes,
  describeTypes,
  type HostTensor,
  type Op,
  type TensorType,
  type Tolerance,
  type Variant,
} from '../ops/op.ts';
import { caseTensor } from '../ops/random.ts';
import { loadKernel } from '../ops/wgsl.ts';
import type { Gpu } from './device.ts';
import { GpuExecutor } from './executor.ts';
import type { PipelineCache } from './pipelines.ts';

export interface KernelReport {
  readonly kernel: string;
  readonly case: string;
  /** Largest error over its tolerance; 1 or less passes. */
  readonly worst: number;
  /** What went wrong, empty if nothing did. */
  readonly faults: readonly string[];
}

/** Bytes between tensors, filled with a pattern that must survive. */
const GUARD = 256;
const NAN_BYTE = 0xff;
/** The least f16 that is not subnormal. */
const F16_NORMAL = 2 ** -14;

/** The case as a graph of one node, in a layout with guards. Tensors the kernel binds `read` are weights. */
export function caseGraph(op: Op, given: Case<string, object>, variant: Variant): Graph {
  const attrs = given.attrs ?? {};
  const all = caseTypes(op, given);
  const dtypes = Object.fromEntries(Object.entries(all).map(([name, type]) => [name, type.dtype]));
  const source = loadKernel(op.kernels, kernelStem(op, variant), dtypes);
  const g = createGraphBuilder({ op }, [{ name: 'case', repeats: false }]);
  g.phase('case');
  const declare = (name: string, { dtype, shape }: TensorType): TensorRef => {
    const access = source.bindings.find((b) => b.name === name)?.access;
    if (access === 'read') return g.weight(name, dtype, shape);
    return op.outputs.includes(name) ? g.state(name, dtype, shape) : g.input(name, dtype, shape);
  };
  const refs = Object.fromEntries(Object.entries(all).map(([name, type]) => [name, declare(name, type)]));
  const isOutput = ([name]: [string, TensorRef]) => op.outputs.includes(name);
  const inputs = Object.fromEntries(Object.entries(refs).filter((e) => !isOutput(e)));
  const outputs = Object.fromEntries(Object.entries(refs).filter(isOutput));
  g.op(inputs, attrs, outputs);
  return g.build();
}

/** Values before the run: inputs of the case, outputs that are updated too; other outputs are absent. */
export function caseValues(op: Op, given: Case<string, object>, graph: Graph): Map<string, HostTensor> {
  const updated = op.updates(given.attrs ?? {});
  const values = new Map<string, HostTensor>();
  for (const tensor of graph.tensors) {
    if (op.outputs.includes(tensor.name) && !updated.includes(tensor.name)) continue;
    // Through bytes and back, so that the twin sees what the device sees: f16 rounds.
    const { data } = decodeTensor(tensor, encodeTensor(caseTensor(given, tensor.name, tensor, 1)));
    // Caches may lose subnormals (kernels/shared/halves.wgsl), weights may not.
    const flushed = tensor.dtype === 'f16' && tensor.kind !== 'weight';
    values.set(tensor.name, hostTensor(tensor, flushed ? data.map((x) => (Math.abs(x) < F16_NORMAL ? 0 : x)) : data));
  }
  return values;
}

/** `images`: which weights are. @throws ShaderError or DeviceError when the kernel does not compile or run at all. */
export async function checkKernel(
  gpu: Gpu,
  pipelines: PipelineCache,
  op: Op,
  given: Case<string, object>,
  variant: Variant,
  images?: ImageSizes,
): Promise<KernelReport> {
  const graph = caseGraph(op, given, variant);
  const values = caseValues(op, given, graph);
  const layout = separateLayout(graph, GUARD, images);
  const program = compile(graph, layout, gpu.caps, { choose: () => variant });
  const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
  try {
    const arena = layout.buffers[1]!.bytes;
    await executor.writeBuffer(1, 0, new Uint8Array(arena).fill(NAN_BYTE));
    for (const [name, value] of values) await executor.write(name, encodeTensor(value));
    await executor.run('case');
    const after = await executor.readBuffer(1, 0, arena);
    const got = (name: string) => {
      const { offset } = layout.placements[name]!;
      const tensor = graph.tensors.find((t) => t.name === name)!;
      return decodeTensor(tensor, after.subarray(offset, offset + byteLength(tensor)));
    };
    const faults = guardFaults(graph, layout.placements, after);
    const worst = compare(op, given, graph, values, got, faults);
    return { kernel: kernelStem(op, variant), case: given.name, worst, faults };
  } finally {
    await executor.destroy();
  }
}

function compare(
  op: Op,
  given: Case<string, object>,
  graph: Graph,
  values: ReadonlyMap<string, HostTensor>,
  got: (name: string) => HostTensor,
  faults: string[],
): number {
  const want: Record<string, HostTensor> = {};
  for (const tensor of graph.tensors) {
    const value = values.get(tensor.name);
    // An element that neither twin nor kernel writes stays NaN (or all ones) on both sides.
    const blank = decodeTensor(tensor, new Uint8Array(byteLength(tensor)).fill(NAN_BYTE));
    want[tensor.name] = value ? { ...value, data: value.data.slice() } : blank;
  }
  op.reference(want, given.attrs ?? {});
  let worst = 0;
  for (const tensor of graph.tensors) {
    if (tensor.kind === 'weight') continue;
    const output = op.outputs.includes(tensor.name);
    const tolerated = output ? op.tolerance(want, tensor.name) : { abs: 0, rel: 0 };
    worst = Math.max(worst, difference(tensor.name, got(tensor.name), want[tensor.name]!, tolerated, faults));
  }
  if (faults.length > 0) faults.unshift(describeTypes(want));
  return worst;
}

/** Largest error over tolerance; beyond 1 it is added to the faults with its place and both values. */
function difference(name: string, got: HostTensor, want: HostTensor, tolerance: Tolerance, faults: string[]): number {
  const rounded = want.dtype === 'f16' || want.dtype === 'q8' ? decodeTensor(want, encodeTensor(want)) : want;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < got.data.length; i++) {
    const a = got.data[i]!;
    const b = rounded.data[i]!;
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    // Two values that are nearly one may round apart, by a step of their format.
    const error = Math.abs(a - b) / (tolerance.abs + tolerance.rel * Math.abs(b) + storageStep(rounded, i));
    if (error > worst || Number.isNaN(error)) {
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
      at = i;
    }
  }
  if (worst > 1)
    faults.push(`${name}[${at}]: expected ${rounded.data[at]}, got ${got.data[at]} (${worst.toFixed(1)} x tolerance)`);
  return worst;
}

function guardFaults(
  graph: Graph,
  placements: Readonly<Record<string, { offset: number }>>,
  arena: Uint8Array,
): string[] {
  const used = new Uint8Array(arena.length);
  for (const tensor of graph.tensors) {
    if (tensor.kind === 'weight') continue;
    const { offset } = placements[tensor.name]!;
    used.fill(1, offset, offset + byteLength(tensor));
  }
  const broken = arena.findIndex((byte, i) => used[i] === 0 && byte !== NAN_BYTE);
  return broken < 0 ? [] : [`byte ${broken} of the arena lies outside every tensor and was written`];
}
