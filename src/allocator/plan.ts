// planMemory: a graph's tensors to places in buffers, before any device exists. Pure and deterministic.
//
// Weights are read-only for kernels and everything else is written, and WebGPU forbids both uses of one buffer in a dispatch, so weights
// and arena are buffers of their own. All phases share one arena: a tensor of `encode` may lie where a tensor of `step` lies later.
// Weights that come and go are packed likewise: those of the encoder may lie where those of the decoder lie later.

import { MemoryError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { type ImageSizes, imageWeights, placeImages } from '../graph/images.ts';
import { alignedBytes } from '../graph/layouts.ts';
import { lifetimes } from '../graph/lifetimes.ts';
import { type MemoryLayout, weightBytes } from '../graph/program.ts';
import { type Block, type Draft, lifetimeBlocks, liveBytes, placeBlocks } from './blocks.ts';

export interface PlanLimits {
  /** Bytes of the largest buffer the device makes. */
  readonly maxBufferSize: number;
  /** Which weights are to be images; absent: none. */
  readonly images?: ImageSizes | undefined;
}

export interface Plan extends MemoryLayout {
  /** All weight buffers and images together, and the most bytes of weights that are there at once. */
  readonly weightBytes: number;
  readonly weightLowerBound: number;
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
export function planMemory(graph: Graph, { maxBufferSize, images: sizes }: PlanLimits): Plan {
  const live = lifetimes(graph);
  const large = live.find(({ tensor }) => alignedBytes(tensor) > maxBufferSize)?.tensor;
  if (large) {
    throw new MemoryError(
      `planMemory: expected tensors up to ${maxBufferSize} bytes, got ${alignedBytes(large)} for ${large.name}`,
    );
  }
  const draft: Draft = { buffers: [], placements: {} };
  const isWeight = ({ tensor }: { tensor: { kind: string } }) => tensor.kind === 'weight';
  const images = imageWeights(graph, sizes);
  const inImages = new Set(images.flat());
  const weights = lifetimeBlocks(live.filter(isWeight), maxBufferSize);
  const inBuffers = live.filter((l) => isWeight(l) && !inImages.has(l.tensor));
  placeBlocks(lifetimeBlocks(inBuffers, maxBufferSize), 'weights', maxBufferSize, draft);
  const arena = lifetimeBlocks(
    live.filter((l) => !isWeight(l)),
    maxBufferSize,
  );
  placeBlocks(arena, 'arena', maxBufferSize, draft);
  const arenaBytes = sum(draft.buffers.filter(({ use }) => use === 'arena'));
  placeImages(images, draft);
  const arenaLive = liveBytes(arena, graph.nodes.length);
  return {
    ...draft,
    weightBytes: weightBytes(draft.buffers),
    weightLowerBound: largest(liveBytes(weights, graph.nodes.length)),
    arenaBytes,
    lowerBound: largest(arenaLive),
    naiveBytes: sum(arena),
    phasePeaks: phasePeaks(graph, arenaLive),
  };
}

function phasePeaks(graph: Graph, live: Float64Array): Record<string, number> {
  const peaks: Record<string, number> = {};
  graph.nodes.forEach(({ phase }, time) => {
    peaks[phase] = Math.max(peaks[phase] ?? 0, live[time]!);
  });
  return peaks;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function sum(parts: readonly Pick<Block, 'bytes'>[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
