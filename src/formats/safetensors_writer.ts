// Writer of safetensors, streaming: a tensor's bytes are asked for when their turn comes, so a conversion holds one
// slice of one tensor. The file appears whole or not at all.

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ModelFileError, OptionError } from '../errors.ts';
import { messageOf } from './random_file.ts';
import { SAFETENSORS_DTYPES, type SafetensorsType } from './safetensors.ts';
import { storedBytes } from './tensor_table.ts';

export interface SafetensorsEntry {
  readonly name: string;
  readonly type: SafetensorsType;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** Called once, in the order of the entries; must give as many bytes as type and shape say, in pieces of any size. */
  bytes(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Write `entries` in their order, back to back, behind a header padded to 8 bytes. A tensor starts at a multiple of its
 * element size as long as the ones before it are such multiples. Temporary file in the same folder, fsync, rename:
 * on any error (also a producer's, which is passed on as it is) the path is left as it was.
 * Throws OptionError for entries that cannot be written, ModelFileError when the disk refuses.
 */
export async function writeSafetensors(
  path: string,
  entries: readonly SafetensorsEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header = makeHeader(entries, metadata);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await guard(path, open(temporary, 'wx'));
  try {
    try {
      await writeAll(path, handle, header);
      for (const entry of entries) await writeEntry(path, handle, entry);
      await guard(path, handle.sync());
    } finally {
      await handle.close();
    }
    await guard(path, rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path);
}

function makeHeader(entries: readonly SafetensorsEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let at = 0;
  for (const { name, type, shape } of entries) {
    if (header.has(name) || name === '__metadata__') {
      throw new OptionError(`writeSafetensors: expected every name once and none __metadata__, got ${name} again`);
    }
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
      throw new OptionError(`writeSafetensors: expected the shape of ${name} in whole numbers, got [${shape}]`);
    }
    const end = at + storedBytes(type, shape);
    header.set(name, { dtype: SAFETENSORS_DTYPES[type], shape, data_offsets: [at, end] });
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(json, 8);
  return padded;
}

async function writeEntry(path: string, handle: FileHandle, entry: SafetensorsEntry): Promise<void> {
  const expected = storedBytes(entry.type, entry.shape);
  let written = 0;
  for await (const piece of entry.bytes()) {
    written += piece.length;
    if (written > expected) break;
    await writeAll(path, handle, piece);
  }
  if (written !== expected) {
    const got = written > expected ? 'more' : `${written}`;
    throw new OptionError(
      `writeSafetensors: expected ${expected} bytes of ${entry.name} because it is ${entry.type} [${entry.shape}], got ${got}`,
    );
  }
}

async function writeAll(path: string, handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await guard(path, handle.write(bytes, done, bytes.length - done))).bytesWritten;
  }
}

/** The rename itself must reach the disk. Windows cannot open a folder, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await guard(path, open(dirname(path), 'r'));
  try {
    await guard(path, folder.sync());
  } finally {
    await folder.close();
  }
}

async function guard<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ModelFileError(`${path}: expected to write the file, got ${messageOf(cause)}`, { cause });
  }
}
