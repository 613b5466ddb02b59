// Plays a graph as a caller of executors would: some windows, each through all phases in order, those that repeat three times over; the
// host writes what is its to write, before the phase that touches it first, and what lives always only once.

import { CpuExecutor } from '../../src/graph/cpu_executor.ts';
import type { Graph, Tensor, TensorRef } from '../../src/graph/graph.ts';
import { compile, type MemoryLayout, type Program } from '../../src/graph/program.ts';
import { decodeTensor, encodeTensor, hostTensor } from '../../src/ops/host_tensor.ts';
import { byteLength, elements, type HostTensor } from '../../src/ops/op.ts';
import { uniform } from '../../src/ops/random.ts';
import { PLAIN_CAPS } from '../../src/whisper/budget.ts';
import { heldTensors } from './poison.ts';
import { randomWeights } from './tiny_whisper.ts';

export const WINDOWS = 2;
export const ROUNDS = 3;

/** A phase to run, and tensors to write before. */
export interface Turn {
  readonly phase: string;
  readonly writes: ReadonlyMap<string, Uint8Array>;
}

/** The turns of all windows. Values differ by tensor and window; indices may name no row. */
export function turns(graph: Graph): Turn[] {
  const hosts = graph.tensors.filter((tensor) => isHosts(graph, tensor));
  const phases = graph.phases.filter(({ name }) => graph.nodes.some((node) => node.phase === name));
  const first = (tensor: Tensor) => graph.nodes.find((node) => refs(node).some((ref) => ref.tensor === tensor))!.phase;
  return Array.from({ length: WINDOWS }, (_, window) =>
    phases.flatMap(({ name, repeats }, i) => {
      const due = hosts.filter((tensor) =>
        tensor.lives === 'always' ? window === 0 && i === 0 : first(tensor) === name,
      );
      const writes = new Map(due.map((tensor) => [tensor.name, hostValues(tensor, window)]));
      return Array.from(
        { length: repeats ? ROUNDS : 1 },
        (_, round): Turn => ({
          phase: name,
          writes: round === 0 ? writes : new Map(),
        }),
      );
    }),
  ).flat();
}

/** Whether the host begins it: inputs, and states that a node reads before one writes them. */
function isHosts({ nodes }: Graph, tensor: Tensor): boolean {
  if (tensor.kind !== 'state') return tensor.kind === 'input';
  const node = nodes.find((one) => refs(one).some((ref) => ref.tensor === tensor));
  if (!node) return false;
  const written = Object.entries(node.outputs).find(([, ref]) => ref.tensor === tensor);
  return !written || node.op.updates(node.attrs).includes(written[0]);
}

function refs({ inputs, outputs }: Graph['nodes'][number]): TensorRef[] {
  return [...Object.values(inputs), ...Object.values(outputs)];
}

function hostValues(tensor: Tensor, window: number): Uint8Array {
  const next = uniform(tensor.name.length * 7919 + Number(tensor.name.split('#')[1] ?? 1) + 1000 * window);
  const value = tensor.dtype === 'u32' ? () => Math.floor(next() * 8) : () => next() * 2 - 1;
  return encodeTensor(hostTensor(tensor, Float64Array.from({ length: elements(tensor) }, value)));
}

/**
 * What every node wrote, in the order in which nodes ran, on the CPU twins. With `poison`, all bytes that the tensors held at a node do
 * not own are NaN before it runs, weights are written when they begin to be held, and never while they are.
 */
export function playOnCpu(graph: Graph, layout: MemoryLayout, { poison }: { readonly poison: boolean }): HostTensor[] {
  const cpu = new CpuExecutor(graph, nodewise(compile(graph, layout, PLAIN_CAPS)));
  const weights = randomWeights(graph);
  const held = heldTensors(graph);
  const written: HostTensor[] = [];
  let present = new Set<string>();
  const prepare = (time: number) => {
    const kept = held[time]!.filter(({ kind, name }) => kind !== 'weight' || present.has(name));
    const bytes = kept.map(({ name }) => cpu.read(name));
    for (const use of ['arena', 'weights'] as const) cpu.fill(use, 0xff);
    kept.forEach(({ name }, i) => {
      cpu.write(name, bytes[i]!);
    });
    const needed = held[time]!.filter(({ kind }) => kind === 'weight').map(({ name }) => name);
    for (const name of needed) if (!present.has(name)) cpu.write(name, weights.get(name)!);
    present = new Set(needed);
  };
  cpu.fill('arena', 0xff);
  if (!poison) for (const [name, data] of weights) cpu.write(name, data);
  for (const turn of turns(graph)) {
    for (const [name, data] of turn.writes) cpu.write(name, data);
    graph.nodes.forEach((node, time) => {
      if (node.phase !== turn.phase) return;
      if (poison) prepare(time);
      cpu.run(String(time));
      for (const ref of Object.values(node.outputs)) written.push(valuesOf(cpu.read(ref.tensor.name), ref));
    });
  }
  return written;
}

/** The program with a phase for each node, named by its time. */
function nodewise(program: Program): Program {
  const dispatches = Object.values(program.phases).flat();
  return { ...program, phases: Object.fromEntries(dispatches.map((dispatch) => [dispatch.node, [dispatch]])) };
}

/** What a node's output holds, of the bytes of its tensor. */
function valuesOf(bytes: Uint8Array, ref: TensorRef): HostTensor {
  return decodeTensor({ dtype: ref.dtype, shape: ref.shape }, bytes.subarray(ref.offset, ref.offset + byteLength(ref)));
}
