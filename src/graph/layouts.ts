// Memory layouts that need no planner.

import { byteLength } from '../ops/op.ts';
import type { Graph, Tensor } from './graph.ts';
import { type ImageSizes, imageWeights, placeImages } from './images.ts';
import { BINDING_ALIGNMENT, type BufferSpec, type MemoryLayout, type Placement } from './program.ts';

/** Bytes a tensor takes in a buffer: whole bindings. */
export function alignedBytes(tensor: Tensor): number {
  return Math.ceil(byteLength(tensor) / BINDING_ALIGNMENT) * BINDING_ALIGNMENT;
}

/** Every tensor at a place of its own, `guard` bytes apart, weights of these sizes in images: what a program takes without reuse. */
export function separateLayout(graph: Graph, guard = 0, sizes?: ImageSizes): MemoryLayout {
  const placements: Record<string, Placement> = {};
  const ends = [guard, guard];
  const images = imageWeights(graph, sizes);
  const inImages = new Set(images.flat());
  for (const tensor of graph.tensors) {
    if (inImages.has(tensor)) continue;
    const buffer = tensor.kind === 'weight' ? 0 : 1;
    placements[tensor.name] = { buffer, offset: ends[buffer]! };
    ends[buffer]! += alignedBytes(tensor) + guard;
  }
  const buffers: BufferSpec[] = [
    { label: 'weights-0', use: 'weights', bytes: Math.max(ends[0]!, BINDING_ALIGNMENT) },
    { label: 'arena-0', use: 'arena', bytes: Math.max(ends[1]!, BINDING_ALIGNMENT) },
  ];
  placeImages(images, { buffers, placements });
  return { buffers, placements };
}
