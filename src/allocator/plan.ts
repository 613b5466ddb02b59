// planMemory: a graph's tensors to places in buffers, before any device exists. Pure and deterministic.
//
// Weights are read-only for kernels and everything else is written, and WebGPU forbids both uses of one buffer in a dispatch, so weights
// and arena are buffers of their own. All phases share one arena: a tensor of `encode` may lie where a tensor of `step` lies later.

import { MemoryError } from '../errors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { alignedBytes } from '../graph/layouts.ts';
import { type Lifetime, lifetimes } from '../graph/lifetimes.ts';
import { BINDING_ALIGNMENT, type BufferSpec, type MemoryLayout, type Placement } from '../graph/program.ts';
import { packBuffers } from './pack.ts';
import type { Packing } from './problem.ts';

export interface PlanLimits {
  /** Bytes of the largest buffer the device makes. */
  readonly maxBufferSize: number;
}

export interface Plan extends MemoryLayout {
  readonly weightBytes: number;
  /** All arena buffers together; one, unless the device's limit forces more. */
  readonly arenaBytes: number;
  /** Most bytes live at once: no arena can be smaller. */
  readonly lowerBound: number;
  /** Arena bytes if nothing were reused. */
  readonly naiveBytes: number;
  /** Most bytes live at once in each phase. */
  readonly phasePeaks: Readonly<Record<string, number>>;
}

/**
 * Places every tensor of the graph.
 * @throws MemoryError when one tensor alone exceeds the device's largest buffer.
 */
export function planMemory(graph: Graph, limits: PlanLimits): Plan {
  const live = lifetimes(graph);
  const weights = live.filter((l) => l.tensor.kind === 'weight').map((l) => l.tensor);
  const others = live.filter((l) => l.tensor.kind !== 'weight');
  const large = [...weights, ...others.map((l) => l.tensor)].find((t) => alignedBytes(t) > limits.maxBufferSize);
  if (large) {
    throw new MemoryError(
      `planMemory: expected tensors up to ${limits.maxBufferSize} bytes, got ${alignedBytes(large)} for ${large.name}`,
    );
  }
  const buffers: BufferSpec[] = [];
  const placements: Record<string, Placement> = {};
  placeInRow(weights, limits.maxBufferSize, buffers, placements);
  const weightBytes = sum(buffers.map((b) => b.bytes));
  for (const group of splitByLimit(others, limits.maxBufferSize)) {
    const { offsets, height } = pack(group);
    group.forEach(({ tensor }, i) => {
      placements[tensor.name] = { buffer: buffers.length, offset: offsets[i]! };
    });
    buffers.push({ label: `arena-${buffers.length}`, use: 'arena', bytes: height });
  }
  return {
    buffers,
    placements,
    weightBytes,
    arenaBytes: sum(buffers.map((b) => b.bytes)) - weightBytes,
    lowerBound: Math.max(...graph.nodes.map((_, time) => liveBytes(others, time))),
    naiveBytes: sum(others.map((l) => alignedBytes(l.tensor))),
    phasePeaks: phasePeaks(graph, others),
  };
}

/** Weights live always: one after the other, in as few buffers as the limit allows. */
function placeInRow(
  tensors: readonly Tensor[],
  limit: number,
  buffers: BufferSpec[],
  placements: Record<string, Placement>,
): void {
  let offset = 0;
  const close = () => {
    if (offset > 0) buffers.push({ label: `weights-${buffers.length}`, use: 'weights', bytes: offset });
    offset = 0;
  };
  for (const tensor of tensors) {
    if (offset + alignedBytes(tensor) > limit) close();
    placements[tensor.name] = { buffer: buffers.length, offset };
    offset += alignedBytes(tensor);
  }
  close();
}

/** One group, unless its packing exceeds the limit: then what lives longest moves to buffers of its own. */
function splitByLimit(all: readonly Lifetime[], limit: number): Lifetime[][] {
  const groups: Lifetime[][] = [];
  let rest = [...all];
  while (pack(rest).height > limit) {
    const byLife = rest.toSorted((a, b) => b.upper - b.lower - (a.upper - a.lower));
    const group: Lifetime[] = [];
    for (const item of byLife) {
      if (sum([...group, item].map((l) => alignedBytes(l.tensor))) <= limit) group.push(item);
      if (pack(rest.filter((l) => !group.includes(l))).height <= limit) break;
    }
    groups.push(group);
    rest = rest.filter((l) => !group.includes(l));
  }
  return [rest, ...groups];
}

function pack(group: readonly Lifetime[]): Packing {
  return packBuffers({
    buffers: group.map(({ tensor, lower, upper }) => ({
      id: tensor.name,
      lower,
      upper,
      size: alignedBytes(tensor),
      alignment: BINDING_ALIGNMENT,
    })),
  });
}

function phasePeaks(graph: Graph, others: readonly Lifetime[]): Record<string, number> {
  const peaks: Record<string, number> = {};
  graph.nodes.forEach(({ phase }, time) => {
    peaks[phase] = Math.max(peaks[phase] ?? 0, liveBytes(others, time));
  });
  return peaks;
}

function liveBytes(all: readonly Lifetime[], time: number): number {
  return sum(all.filter((l) => l.lower <= time && time < l.upper).map((l) => alignedBytes(l.tensor)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
