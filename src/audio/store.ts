// Where the 16 kHz samples live: in memory while the audio is short, in a temporary file once it is long.
import { type FileHandle, unlink } from 'node:fs/promises';
import { AudioError } from '../errors.ts';
import { append, openTempFile } from './temp_file.ts';

type Block = Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

export interface StoreOptions {
  /** `int16` keeps 2 bytes a sample and needs samples that are k/32768; `float32` keeps 4 and takes any. */
  readonly encoding: 'int16' | 'float32';
  /** More samples than this go to a file. */
  readonly memorySamples: number;
}

export interface SampleStore {
  readonly length: number;
  /** Adds samples, full scale 1. Not to be called again before the last call is done. */
  append(samples: Float32Array): Promise<void>;
  /** Samples [start, end), which must lie in [0, length); not before `finish()`. */
  read(start: number, end: number): Promise<Float32Array>;
  /** No more samples come. */
  finish(): Promise<void>;
  /** Frees memory and file; may be called twice. */
  close(): Promise<void>;
}

const BLOCK = 1 << 16; // samples

/** @throws AudioError when the temporary file cannot be made or written (a full disk) */
export function createStore({ encoding, memorySamples }: StoreOptions): SampleStore {
  const scale = encoding === 'int16' ? 32768 : 1;
  const newBlock = (size: number): Block => (encoding === 'int16' ? new Int16Array(size) : new Float32Array(size));
  let blocks: Block[] = []; // full ones, while there is no file
  let tail = newBlock(BLOCK);
  let used = 0; // samples in tail
  let length = 0;
  let file: FileHandle | null = null;

  async function flushTail(): Promise<void> {
    const block = tail.subarray(0, used);
    if (file) await write(file, block);
    else blocks.push(block);
    tail = file ? tail : newBlock(BLOCK);
    used = 0;
    if (!file && length > memorySamples) {
      file = await openSpool();
      for (const full of blocks) await write(file, full);
      blocks = [];
    }
  }

  async function readFile(handle: FileHandle, start: number, end: number): Promise<Block> {
    const block = newBlock(end - start);
    const bytes = new Uint8Array(block.buffer);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start * block.BYTES_PER_ELEMENT + done);
      if (bytesRead === 0)
        throw new AudioError(`openAudio: expected ${length} samples because so many were spooled, got fewer`);
      done += bytesRead;
    }
    return block;
  }

  return {
    get length() {
      return length;
    },
    async append(samples) {
      for (let offset = 0; offset < samples.length; ) {
        const count = Math.min(BLOCK - used, samples.length - offset);
        for (let i = 0; i < count; i++) tail[used + i] = samples[offset + i]! * scale;
        offset += count;
        used += count;
        length += count;
        if (used === BLOCK) await flushTail();
      }
    },
    async read(start, end) {
      const out = new Float32Array(end - start);
      const source = file ? [await readFile(file, start, end)] : blocks;
      let first = file ? start : 0; // of the block
      for (const block of source) {
        const from = Math.max(start, first);
        const to = Math.min(end, first + block.length);
        for (let i = from; i < to; i++) out[i - start] = block[i - first]! / scale;
        first += block.length;
      }
      return out;
    },
    async finish() {
      await flushTail();
      tail = newBlock(0);
    },
    async close() {
      const handle = file;
      file = null;
      blocks = [];
      await handle?.close();
    },
  };
}

/** Unlinked while open, so that no crash and no signal leaves it behind: the system frees it with the handle. */
async function openSpool(): Promise<FileHandle> {
  const { path, handle } = await openTempFile();
  await unlink(path).catch(async (cause: Error) => {
    await handle.close();
    throw new AudioError(
      `openAudio: expected to unlink ${path} because it must not stay behind, got ${cause.message}`,
      { cause },
    );
  });
  return handle;
}

async function write(file: FileHandle, block: Block): Promise<void> {
  await append(file, new Uint8Array(block.buffer, block.byteOffset, block.byteLength));
}
