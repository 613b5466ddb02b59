// Whatever the caller hands in -> one stream of bytes with a name for messages. Opens and closes; decodes nothing.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { AudioError, OptionError, WhisperError } from '../errors.ts';

/** Bytes of an audio file, from anywhere. */
export type AudioFileInput =
  | string
  | URL
  | Uint8Array
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

export interface OpenInput {
  /** How messages call it: the path, or what kind of input it was. */
  readonly name: string;
  /** The path of a regular file, which another program may open again; null for streams, pipes and bytes. */
  readonly path: string | null;
  readonly bytes: AsyncIterator<Uint8Array>;
  close(): Promise<void>;
}

// Decoders copy what they are given: a caller's one huge chunk must not be copied whole.
const MAX_CHUNK = 1 << 16;

/**
 * Opens an input for one pass. `signal` also ends a read that is waiting for a stalled stream.
 * @throws AudioError when there is no such file, or it is a folder; OptionError when it is no audio input at all
 */
export async function openInput(input: AudioFileInput, signal?: AbortSignal): Promise<OpenInput> {
  if (typeof input === 'string' || input instanceof URL) return openFile(toPath(input), signal);
  if (input instanceof Uint8Array) return fromIterable('bytes', null, oneChunk(input), signal);
  if (typeof input === 'object' && input !== null && Symbol.asyncIterator in input) {
    return fromIterable('stream', null, input, signal);
  }
  throw new OptionError(
    `openAudio: expected a path, URL, Uint8Array, Float32Array or stream because audio is read from these, got ${typeof input}`,
  );
}

function toPath(input: string | URL): string {
  if (typeof input === 'string') return input;
  if (input.protocol === 'file:') return fileURLToPath(input);
  throw new OptionError(
    `openAudio: expected a file: URL because nothing is downloaded, got ${input.protocol}//${input.host}`,
  );
}

async function openFile(path: string, signal?: AbortSignal): Promise<OpenInput> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === 'ENOENT' ? 'no such file' : cause.message;
    throw new AudioError(`${path}: expected an audio file because it is to be transcribed, got ${got}`, { cause });
  });
  if (stats.isDirectory()) {
    throw new AudioError(`${path}: expected an audio file because it is to be transcribed, got a folder`);
  }
  return fromIterable(path, stats.isFile() ? path : null, createReadStream(path), signal);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function fromIterable(
  name: string,
  path: string | null,
  source: AsyncIterable<unknown>,
  signal?: AbortSignal,
): OpenInput {
  const iterator = source[Symbol.asyncIterator]();
  const bytes = pump(name, iterator, signal);
  return {
    name,
    path,
    bytes,
    async close() {
      // A stalled generator would never answer return(), so after an abort it is told but not waited for.
      const closed = Promise.all([bytes.return(undefined), iterator.return?.()]);
      if (source instanceof Readable) source.destroy();
      if (signal?.aborted) closed.catch(() => {});
      else await closed;
    },
  };
}

async function* pump(
  name: string,
  iterator: AsyncIterator<unknown>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  for (let position = 0; ; ) {
    const { done, value } = await orAbort(iterator.next(), signal).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof WhisperError) throw error;
      const got = error instanceof Error ? error.message : String(error);
      throw new AudioError(
        `${name}: expected more bytes after byte ${position} because the stream is open, got ${got}`,
        {
          cause: error,
        },
      );
    });
    if (done) return;
    if (!(value instanceof Uint8Array)) {
      throw new OptionError(`${name}: expected chunks of Uint8Array because a file is bytes, got ${typeof value}`);
    }
    for (let offset = 0; offset < value.length; offset += MAX_CHUNK) yield value.subarray(offset, offset + MAX_CHUNK);
    position += value.length;
  }
}

function orAbort<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
