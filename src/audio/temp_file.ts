// Temporary files: for samples that are too many for memory, and for streams that ffmpeg must seek in.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioError } from '../errors.ts';

export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** A new empty file that only its owner may read. Whoever asks for it closes and removes it. */
export async function openTempFile(): Promise<TempFile> {
  const path = join(tmpdir(), `whisper-wgsl-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600).catch((cause: Error) => {
    throw new AudioError(`openAudio: expected to create ${path} because audio is spooled, got ${cause.message}`, {
      cause,
    });
  });
  return { path, handle };
}

/** @throws AudioError when not all bytes can be written (a full disk) */
export async function append(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done).catch((cause: Error) => {
      throw new AudioError(
        `openAudio: expected room for ${bytes.length} bytes because audio is spooled, got ${cause.message}`,
        {
          cause,
        },
      );
    });
    done += bytesWritten;
  }
}
