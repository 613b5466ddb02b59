// A rendered result to where it goes: a file, whole or not at all, or a stream.

import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { OptionError } from '../errors.ts';

/**
 * Write UTF-8 `text` to a path, or to a stream, which stays open. A file appears, or changes, only when all of it is
 * on disk; a link is followed. Throws OptionError when the path is something other than a file, or in a folder that
 * cannot be written, and Node's own error when the disk or the stream fails; then no trace is left of it.
 */
export async function writeText(target: string | Writable, text: string): Promise<void> {
  return typeof target === 'string' ? replaceFile(target, text) : writeToStream(target, text);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realFile(path);
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`); // the same folder: a rename cannot cross disks
  try {
    const file = await open(temporary, 'wx').catch((cause: NodeJS.ErrnoException) => {
      throw new OptionError(`${path}: expected a folder that can be written, got ${cause.code}`, { cause });
    });
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Where `path` leads. A rename would put a file in the place of a device or pipe, so these are refused. */
async function realFile(path: string): Promise<string> {
  const target = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (target === undefined) return path;
  if ((await stat(target)).isFile()) return target;
  throw new OptionError(`${path}: expected a file because it is replaced as a whole, got a folder, device or pipe`);
}

function writeToStream(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(text, 'utf8', (error) => {
      if (error) return reject(error); // its event comes next, and needs the listener
      stream.off('error', reject);
      resolve();
    });
  });
}
