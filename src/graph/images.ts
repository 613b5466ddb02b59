// Weights as images: textures of vec4<u32>, read as storage images and filled row after row. lavapipe loads a texel for all lanes at once,
// but a vec4 of a buffer lane by lane and word by word, at twice the price. Weights of one size are layers of one texture.

import { byteLength, elements } from '../ops/op.ts';
import type { Graph, Tensor } from './graph.ts';
import type { BufferSpec, Placement } from './program.ts';

export const TEXEL_BYTES = 16;
/** Texels of a row; kernels/shared/weight.f16.image.wgsl counts by it. Matrices of Whisper fill whole rows. */
export const ROW_TEXELS = 1024;

/** Rows of an image of so many bytes. */
export function imageRows(bytes: number): number {
  return Math.ceil(bytes / (ROW_TEXELS * TEXEL_BYTES));
}

/** Bytes that an image takes for so many. */
export function imageBytes(bytes: number): number {
  return imageRows(bytes) * ROW_TEXELS * TEXEL_BYTES;
}

/** Bytes of images, all their layers together. */
export interface ImageSizes {
  readonly least: number;
  readonly most: number;
}

/** Every weight that an image of WebGPU's least height holds. */
export const ANY_SIZE: ImageSizes = { least: 0, most: 8192 * ROW_TEXELS * TEXEL_BYTES };

const MOST_LAYERS = 256;

/** Weights that are to be images, those of one image together: of equal size, as its layers. */
export function imageWeights(graph: Graph, sizes: ImageSizes | undefined): readonly (readonly Tensor[])[] {
  if (!sizes) return [];
  const alike = new Map<number, Tensor[]>();
  for (const tensor of wholeMatrices(graph)) {
    const bytes = imageBytes(byteLength(tensor));
    alike.set(bytes, [...(alike.get(bytes) ?? []), tensor]);
  }
  const images: Tensor[][] = [];
  for (const [bytes, tensors] of alike) {
    const layers = Math.min(MOST_LAYERS, Math.floor(sizes.most / bytes));
    if (layers === 0) continue;
    for (let i = 0; i < tensors.length; i += layers) {
      const image = tensors.slice(i, i + layers);
      if (image.length * bytes >= sizes.least) images.push(image);
    }
  }
  return images;
}

/** f16 matrices that are there for good and that every node binds whole, as `w`. */
function wholeMatrices({ tensors, nodes }: Graph): ReadonlySet<Tensor> {
  const stays = ({ kind, dtype, residency = 'model' }: Tensor) =>
    kind === 'weight' && dtype === 'f16' && residency === 'model';
  const found = new Set(tensors.filter(stays));
  for (const { inputs } of nodes) {
    for (const [name, ref] of Object.entries(inputs)) {
      if (name !== 'w' || elements(ref) !== elements(ref.tensor)) found.delete(ref.tensor);
    }
  }
  return found;
}

/** Adds images to a layout. */
export function placeImages(
  images: readonly (readonly Tensor[])[],
  { buffers, placements }: { readonly buffers: BufferSpec[]; readonly placements: Record<string, Placement> },
): void {
  for (const image of images) {
    const bytes = imageBytes(byteLength(image[0]!));
    image.forEach(({ name }, layer) => {
      placements[name] = { buffer: buffers.length, offset: layer * bytes };
    });
    buffers.push({ label: `image-${buffers.length}`, use: 'image', bytes: image.length * bytes, layers: image.length });
  }
}

/** A run of an image's texels that is a rectangle of a layer. */
export interface Rectangle {
  readonly origin: readonly [x: number, y: number, layer: number];
  readonly size: readonly [width: number, height: number];
  /** Bytes of the run before it. */
  readonly skipped: number;
}

/** The rectangles of a run of texels, in order, in layers of so many rows: the rest of a row, whole rows, the begin of a row. Offset and length are in bytes. */
export function rectangles(offset: number, bytes: number, rows: number): Rectangle[] {
  const all: Rectangle[] = [];
  const end = (offset + bytes) / TEXEL_BYTES;
  for (let at = offset / TEXEL_BYTES; at < end; ) {
    const x = at % ROW_TEXELS;
    const row = Math.floor(at / ROW_TEXELS);
    const y = row % rows;
    const width = Math.min(ROW_TEXELS - x, end - at);
    const height = width < ROW_TEXELS ? 1 : Math.min(rows - y, Math.floor((end - at) / ROW_TEXELS));
    all.push({ origin: [x, y, Math.floor(row / rows)], size: [width, height], skipped: at * TEXEL_BYTES - offset });
    at += width * height;
  }
  return all;
}
