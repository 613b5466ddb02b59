// Reading a file by byte ranges, and in order through a small window. Nothing is allocated before the range is
// known to lie inside the file, so a lying length field costs an error and no memory.

import { type FileHandle, open } from 'node:fs/promises';
import { EngineStateError, ModelFileError } from '../errors.ts';

const WINDOW = 1 << 16; // bytes a cursor reads ahead
const LARGEST_READ = 1 << 30; // one read call is limited to 2 GiB - 1

export interface RandomFile {
  readonly path: string;
  /** Bytes, when opened. */
  readonly size: number;
  /** Bytes [begin, end) in a fresh buffer. Throws ModelFileError when the range ends beyond the file. */
  read(begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Open a regular file. Throws ModelFileError when it is missing, unreadable or not a file. */
export async function openRandomFile(path: string): Promise<RandomFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw new ModelFileError(`${path}: expected a readable model file, got ${messageOf(cause)}`, { cause });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new ModelFileError(`${path}: expected a regular file, got something else`);
    return randomFile(path, handle, stat.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Open a file for a parser, closing it again if the parser throws. */
export async function openForParsing<T>(path: string, parse: (file: RandomFile) => Promise<T>): Promise<T> {
  const file = await openRandomFile(path);
  try {
    return await parse(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function randomFile(path: string, handle: FileHandle, size: number): RandomFile {
  let closed = false;
  return {
    path,
    size,
    async read(begin, end) {
      if (closed) throw new EngineStateError(`${path}: expected an open model file, got one that was closed`);
      if (begin < 0 || end < begin || end > size) {
        throw new ModelFileError(
          `${path}: expected bytes [${begin}, ${end}) inside the file, got ${size} bytes in all`,
        );
      }
      const bytes = new Uint8Array(end - begin);
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, LARGEST_READ);
        const { bytesRead } = await handle.read(bytes, done, length, begin + done);
        if (bytesRead === 0) {
          throw new ModelFileError(
            `${path}: expected ${bytes.length} bytes at byte ${begin} because the file had ${size} when it was opened, ` +
              `got the end at byte ${begin + done}`,
          );
        }
        done += bytesRead;
      }
      return bytes;
    },
    async close() {
      if (closed) return;
      closed = true;
      await handle.close();
    },
  };
}

/** Little-endian reading in order. `what` names the field in the ModelFileError thrown at the end of the file. */
export interface Cursor {
  readonly at: number;
  readonly left: number;
  u8(what: string): Promise<number>;
  u16(what: string): Promise<number>;
  u32(what: string): Promise<number>;
  i32(what: string): Promise<number>;
  /** A view; valid for good, but shared with its neighbours in the file. */
  bytes(length: number, what: string): Promise<Uint8Array>;
  skip(length: number, what: string): void;
}

/** A cursor at the start of the file. */
export function cursorOver(file: RandomFile): Cursor {
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = 0;
  let at = 0;

  // Checked before anything is allocated.
  function need(length: number, what: string): void {
    if (length <= file.size - at) return;
    throw new ModelFileError(
      `${file.path}: expected ${length} bytes of ${what} at byte ${at}, got the end of the file at byte ${file.size}`,
    );
  }
  // Small fields come out of the window; a jump over tensor data makes the next field read a new one.
  async function take(length: number, what: string): Promise<DataView> {
    need(length, what);
    if (at < windowAt || at + length > windowAt + window.length) {
      window = await file.read(at, Math.min(file.size, at + Math.max(length, WINDOW)));
      windowAt = at;
    }
    const view = new DataView(window.buffer, window.byteOffset + at - windowAt, length);
    at += length;
    return view;
  }
  return {
    get at() {
      return at;
    },
    get left() {
      return file.size - at;
    },
    u8: async (what) => (await take(1, what)).getUint8(0),
    u16: async (what) => (await take(2, what)).getUint16(0, true),
    u32: async (what) => (await take(4, what)).getUint32(0, true),
    i32: async (what) => (await take(4, what)).getInt32(0, true),
    async bytes(length, what) {
      const view = await take(length, what);
      return new Uint8Array(view.buffer, view.byteOffset, length);
    },
    skip(length, what) {
      need(length, what);
      at += length;
    },
  };
}
