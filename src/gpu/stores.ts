// What holds tensors on a device: buffers, and images (src/graph/images.ts). Bytes of both are counted and copied alike.

import { ROW_TEXELS, rectangles, TEXEL_BYTES } from '../graph/images.ts';

export type Store = GPUBuffer | GPUTexture;

export function isImage(store: Store): store is GPUTexture {
  return 'format' in store;
}

export function bytesOf(store: Store): number {
  return isImage(store) ? store.depthOrArrayLayers * layerBytes(store) : store.size;
}

function layerBytes({ width, height }: GPUTexture): number {
  return width * height * TEXEL_BYTES;
}

/** The layer that begins so many bytes from the image's begin. */
export function layerAt(image: GPUTexture, offset: number): GPUTextureView {
  return image.createView({ dimension: '2d', baseArrayLayer: offset / layerBytes(image), arrayLayerCount: 1 });
}

/** A run of bytes of a store; of an image, whole texels. */
export interface Run {
  readonly store: Store;
  readonly offset: number;
  readonly bytes: number;
}

/** Copies the begin of a buffer into a run. */
export function copyIn(encoder: GPUCommandEncoder, from: GPUBuffer, { store, offset, bytes }: Run): void {
  if (!isImage(store)) {
    encoder.copyBufferToBuffer(from, 0, store, offset, bytes);
    return;
  }
  for (const { texels, place, size } of imageCopies(from, store, offset, bytes)) {
    encoder.copyBufferToTexture(texels, place, size);
  }
}

/** Copies a run to the begin of a buffer. */
export function copyOut(encoder: GPUCommandEncoder, { store, offset, bytes }: Run, to: GPUBuffer): void {
  if (!isImage(store)) {
    encoder.copyBufferToBuffer(store, offset, to, 0, bytes);
    return;
  }
  for (const { texels, place, size } of imageCopies(to, store, offset, bytes)) {
    encoder.copyTextureToBuffer(place, texels, size);
  }
}

interface ImageCopy {
  readonly texels: GPUTexelCopyBufferInfo;
  readonly place: GPUTexelCopyTextureInfo;
  readonly size: GPUExtent3D;
}

function imageCopies(buffer: GPUBuffer, texture: GPUTexture, offset: number, bytes: number): ImageCopy[] {
  return rectangles(offset, bytes, texture.height).map(({ origin, size, skipped }) => ({
    texels: { buffer, offset: skipped, bytesPerRow: ROW_TEXELS * TEXEL_BYTES },
    place: { texture, origin },
    size,
  }));
}
