// Every other format, by the `ffmpeg` program: 16 kHz mono samples through a pipe, with the arguments of `whisper.load_audio`.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { AudioError } from '../errors.ts';
import type { ByteReader } from './byte_reader.ts';
import { FORMAT_NAMES } from './detect.ts';
import { DamagedAudioError, type Pcm, SAMPLE_RATE } from './pcm.ts';
import { append, openTempFile } from './temp_file.ts';

export interface FfmpegOptions {
  /** Program name or path. */
  readonly program: string;
  /** The file as messages call it. */
  readonly name: string;
  /** 16-bit samples if true, else float. */
  readonly quantize: boolean;
  readonly signal?: AbortSignal | undefined;
}

const STDERR_KEPT = 2000; // characters

/**
 * Decodes a regular file.
 * @throws AudioError when the program is missing or fails; DamagedAudioError after the last sample when it went on after
 * errors. Both carry the end of what it printed.
 */
export async function* decodeWithFfmpeg(path: string, options: FfmpegOptions): AsyncGenerator<Pcm> {
  const { program, name, quantize, signal } = options;
  const child = spawn(program, argumentsFor(path, quantize), { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const ending = watch(child);
  try {
    yield* toPcm(child.stdout, quantize ? 2 : 4);
    const { failure, stderr, code } = await ending;
    signal?.throwIfAborted();
    if (failure) throw notStarted(failure, program, name);
    if (code !== 0) {
      throw new AudioError(
        `${name}: expected ${program} to decode it because it is not ${FORMAT_NAMES}, got exit code ${code}: ${stderr}`,
      );
    }
    if (stderr !== '') {
      throw new DamagedAudioError(
        `${name}: expected no errors of ${program} because the file is whole, got ${stderr}`,
        { tolerated: true },
      );
    }
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
    await ending;
  }
}

/** Copies what is left of a stream to a file: ffmpeg must seek, as many MP4 files have their index at the end. */
export async function* decodeStreamWithFfmpeg(reader: ByteReader, options: FfmpegOptions): AsyncGenerator<Pcm> {
  const { path, handle } = await openTempFile();
  const remove = () => rmSync(path, { force: true });
  process.once('exit', remove);
  try {
    try {
      for await (const chunk of reader.chunks()) await append(handle, chunk);
    } finally {
      await handle.close();
    }
    yield* decodeWithFfmpeg(path, options);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

function argumentsFor(path: string, quantize: boolean): string[] {
  // Only local files: a playlist must not make ffmpeg fetch anything. `file:` keeps odd names from being read as protocols.
  const input = ['-nostdin', '-v', 'error', '-threads', '0', '-protocol_whitelist', 'file'];
  const file = ['-i', `file:${resolve(path)}`];
  // Float output would mix stereo by 0.707 instead of 0.5 without the second option.
  const format = quantize ? ['-f', 's16le', '-acodec', 'pcm_s16le'] : ['-f', 'f32le', '-rematrix_maxval', '1'];
  return [...input, ...file, ...format, '-ac', '1', '-ar', String(SAMPLE_RATE), '-'];
}

interface Ending {
  readonly failure: NodeJS.ErrnoException | null;
  readonly code: number | null;
  readonly stderr: string;
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ending> {
  let stderr = '';
  let failure: NodeJS.ErrnoException | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (stderr.length > STDERR_KEPT) stderr = stderr.slice(-STDERR_KEPT).replace(/^.*\n/, ''); // whole lines
  });
  child.on('error', (error) => {
    failure = error;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ failure, code, stderr: stderr.trim() }));
  });
}

async function* toPcm(stdout: Readable, width: 2 | 4): AsyncGenerator<Pcm> {
  let rest: Uint8Array = new Uint8Array(0); // of a sample cut by the pipe
  for await (const chunk of stdout) {
    const bytes = Buffer.concat([rest, chunk]);
    const count = Math.floor(bytes.length / width);
    rest = bytes.subarray(count * width);
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++)
      samples[i] = width === 2 ? bytes.readInt16LE(2 * i) / 32768 : bytes.readFloatLE(4 * i);
    yield { sampleRate: SAMPLE_RATE, type: width === 2 ? 'int16' : 'float', channels: [samples] };
  }
}

function notStarted(cause: NodeJS.ErrnoException, program: string, name: string): AudioError {
  // EACCES: none was found, but a folder on the PATH may not be looked into.
  const got = cause.code === 'ENOENT' || cause.code === 'EACCES' ? `no program "${program}"` : cause.message;
  return new AudioError(
    `${name}: expected ${FORMAT_NAMES}, or ffmpeg on the PATH because it reads the other formats, got ${got}`,
    { cause },
  );
}
