// Moves bytes between host and device through buffers that were planned: two for uploads, used in turn, and one for read-backs.
// `queue.writeBuffer` is not used, since Dawn stages it in memory that no plan knows of.

import { DeviceError } from '../errors.ts';
import { TEXEL_BYTES } from '../graph/images.ts';
import { MapMode } from './constants.ts';
import type { Gpu } from './device.ts';
import { rested } from './rest.ts';
import { copyIn, copyOut, isImage, type Store } from './stores.ts';

interface UploadSlot {
  readonly buffer: GPUBuffer;
  /** Resolves when the slot is mapped again after its last copy. */
  mapped: Promise<void>;
}

export class Transfer {
  readonly #gpu: Gpu;
  readonly #slots: UploadSlot[];
  readonly #readback: GPUBuffer;
  #next = 0;

  /** `uploads` are mapped for writing at creation. */
  constructor(gpu: Gpu, uploads: readonly GPUBuffer[], readback: GPUBuffer) {
    this.#gpu = gpu;
    this.#slots = uploads.map((buffer) => ({ buffer, mapped: Promise.resolve() }));
    this.#readback = readback;
  }

  /** Copies `data` to `target` at `offset`, in order with all other work of the queue. Offset and length are multiples of 4, or of a texel. */
  async upload(target: Store, offset: number, data: Uint8Array): Promise<void> {
    requireWhole('upload', target, offset, data.byteLength);
    for (let begin = 0; begin < data.byteLength; ) {
      const slot = this.#slots[this.#next]!;
      this.#next = (this.#next + 1) % this.#slots.length;
      const slice = data.subarray(begin, begin + slot.buffer.size);
      await rested(slot.mapped, this.#gpu.caps);
      new Uint8Array(slot.buffer.getMappedRange()).set(slice);
      slot.buffer.unmap();
      const run = { store: target, offset: offset + begin, bytes: slice.byteLength };
      this.#submit((encoder) => copyIn(encoder, slot.buffer, run));
      slot.mapped = slot.buffer.mapAsync(MapMode.WRITE);
      // Awaited by the next use of the slot; a device lost in between is reported there, not as a stray rejection.
      slot.mapped.catch(() => {});
      begin += slice.byteLength;
    }
    this.#gpu.check();
  }

  /** Reads `bytes` of `source` from `offset` once all submitted work is done. Both are multiples of 4, or of a texel. */
  async download(source: Store, offset: number, bytes: number): Promise<Uint8Array> {
    requireWhole('download', source, offset, bytes);
    const result = new Uint8Array(bytes);
    for (let begin = 0; begin < bytes; begin += this.#readback.size) {
      const length = Math.min(this.#readback.size, bytes - begin);
      const run = { store: source, offset: offset + begin, bytes: length };
      this.#submit((encoder) => copyOut(encoder, run, this.#readback));
      await rested(this.#readback.mapAsync(MapMode.READ, 0, length), this.#gpu.caps).catch((cause) => {
        this.#gpu.check();
        throw new DeviceError(`download: expected ${length} bytes from ${source.label}, got ${cause}`, { cause });
      });
      result.set(new Uint8Array(this.#readback.getMappedRange(0, length)), begin);
      this.#readback.unmap();
    }
    this.#gpu.check();
    return result;
  }

  /** Waits until no upload slot is in the hands of the device, so that all may be destroyed. */
  async drain(): Promise<void> {
    await rested(Promise.allSettled(this.#slots.map((s) => s.mapped)));
  }

  #submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }
}

function requireWhole(what: string, store: Store, offset: number, bytes: number): void {
  const unit = isImage(store) ? TEXEL_BYTES : 4;
  if (offset % unit !== 0 || bytes % unit !== 0) {
    throw new DeviceError(`${what}: expected multiples of ${unit} bytes, got ${bytes} bytes at ${offset}`);
  }
}
