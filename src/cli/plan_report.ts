// What `plan` knows of one model: every GPU byte, by purpose and by phase, and what stands in the way of fewer. Plain data; no device.

import { graphProblem, type Plan, peakMoment, planMemory } from '../allocator/index.ts';
import type { Graph, Node, Tensor } from '../graph/graph.ts';
import { alignedBytes } from '../graph/layouts.ts';
import { type BufferUse, compile } from '../graph/program.ts';
import { PLAIN_CAPS, PLAIN_LIMITS } from '../whisper/budget.ts';
import type { ModelDimensions } from '../whisper/dims.ts';
import { freeTiles } from '../whisper/free_tiles.ts';
import { type GraphOptions, graphOptions } from '../whisper/graph_options.ts';
import { whisperGraph } from '../whisper/model.ts';
import { type KindName, tensorKinds } from './plan_kinds.ts';
import { remedy } from './plan_remedies.ts';

const LARGEST = 10;

/** Tensors alive at the peak; those of all layers that play one part stand together. */
export interface PeakGroup {
  /** `decoder.blocks.*.cross_k` */
  readonly name: string;
  readonly kind: KindName;
  readonly count: number;
  readonly bytes: number;
  /** What would make them smaller or take them away. */
  readonly remedy: string;
}

export interface PhaseReport {
  readonly name: string;
  readonly nodes: number;
  /** Most bytes of the arena live at once. */
  readonly peakBytes: number;
}

export interface PlanReport {
  readonly model: string;
  readonly dims: ModelDimensions;
  readonly options: GraphOptions;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly totalBytes: number;
  readonly uniformBytes: number;
  /** Buffers for upload and read-back. */
  readonly stagingBytes: number;
  readonly phases: readonly PhaseReport[];
  /** Where most bytes of the arena are live: a phase and the label of a node. */
  readonly peakPhase: string;
  readonly peakNode: string;
  /** The ten largest groups alive when most of the weights, and most of the arena, are. */
  readonly largest: readonly PeakGroup[];
}

/** @throws OptionError for options that the dimensions do not admit, MemoryError for tensors above 4 GiB. */
export function planReport(model: string, dims: ModelDimensions, given: Partial<GraphOptions>): PlanReport {
  const options = freeTiles(dims, graphOptions(dims, given));
  const graph = whisperGraph(dims, options);
  const plan = planMemory(graph, PLAIN_LIMITS);
  const { buffers } = compile(graph, plan, PLAIN_CAPS);
  const bytesOf = (...uses: readonly BufferUse[]) =>
    buffers.reduce((sum, { use, bytes }) => (uses.includes(use) ? sum + bytes : sum), 0);
  const [arena, weights] = [aliveAtPeak(graph, 'arena'), aliveAtPeak(graph, 'weights')];
  return {
    model,
    dims,
    options,
    graph,
    plan,
    totalBytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    uniformBytes: bytesOf('uniforms'),
    stagingBytes: bytesOf('upload', 'readback'),
    phases: Object.entries(plan.phasePeaks).map(([name, peakBytes]) => {
      return { name, nodes: graph.nodes.filter(({ phase }) => phase === name).length, peakBytes };
    }),
    peakPhase: arena.node.phase,
    peakNode: arena.node.label,
    largest: largestGroups([...weights.tensors, ...arena.tensors], graph, options),
  };
}

/** The node at which most bytes are live, the first of equals, and what is live then. */
function aliveAtPeak(graph: Graph, use: 'arena' | 'weights'): { node: Node; tensors: Tensor[] } {
  const { problem, tensors } = graphProblem(graph, use);
  const { time, buffers } = peakMoment(problem)!; // a graph of Whisper has weights and activations
  return { node: graph.nodes[time]!, tensors: buffers.map((b) => tensors[b]!) };
}

function largestGroups(alive: readonly Tensor[], graph: Graph, options: GraphOptions): PeakGroup[] {
  const kinds = tensorKinds(graph);
  const groups = new Map<string, PeakGroup>();
  for (const tensor of alive) {
    const name = groupName(tensor);
    const kind = kinds.get(tensor)!;
    const known = groups.get(name) ?? { name, kind, count: 0, bytes: 0, remedy: remedy(tensor, kind, options) };
    groups.set(name, { ...known, count: known.count + 1, bytes: known.bytes + alignedBytes(tensor) });
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
}

/** Layers are one; so are all weights of the layers, and a matrix with its scales and bias. */
function groupName({ kind, name }: Tensor): string {
  if (kind !== 'weight') return name.replace(/\.\d+\./, '.*.').replace(/#\d+$/, '');
  return `${name.replace(/\.blocks\.\d+\..*/, '.blocks.*').replace(/\.(weight|bias|scales)\b/g, '')} weights`;
}
