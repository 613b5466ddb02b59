// pure: openAudio itself: every kind of input, random access, spooling, options, aborting, and what leaves nothing behind.
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AudioInput, openAudio } from '../../src/audio/index.ts';
import { AudioError, EngineStateError, OptionError } from '../../src/errors.ts';
import { bytesOf, chunk, clip, fmt, int16Bytes, load, riff, sha256 } from './helpers.ts';

const FILE = clip('lv0880.flac');
const SHA256 = '0f8e7b446750517dfc5f444bccb67d2f65b05e2d2476d93600cee814f5791cc2'; // manifest.json, loaded_pcm16_sha256

let folder: string;
const realTmp = process.env['TMPDIR'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-test-'));
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (realTmp === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = realTmp;
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true });
  expect(left).toEqual([]); // no test may leave a temporary file
});

/** Chunks of `size` bytes, and a note whether the reader gave the generator its chance to clean up. */
function chunked(bytes: Uint8Array, size: number, ended = { ok: false }): AsyncGenerator<Uint8Array> {
  return (async function* () {
    try {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
    } finally {
      ended.ok = true;
    }
  })();
}

describe('inputs', () => {
  const bytes = bytesOf(FILE);
  const inputs: readonly (readonly [string, () => AudioInput])[] = [
    ['a path', () => fileURLToPath(FILE)],
    ['a file: URL', () => FILE],
    ['a Uint8Array', () => bytes],
    ['a Buffer', () => Buffer.from(bytes)],
    ['a Readable', () => createReadStream(FILE)],
    ['a Readable made of an array', () => Readable.from([bytes.subarray(0, 10), bytes.subarray(10)])],
    ['a ReadableStream', () => new Blob([bytes.slice()]).stream() as ReadableStream<Uint8Array>],
    ['an AsyncIterable of small chunks', () => chunked(bytes, 997)],
  ];
  it.each(inputs)('%s', async (_, input) => {
    expect(sha256(await load(input()))).toBe(SHA256);
  });

  it('a Float32Array is taken as it is', async () => {
    const samples = Float32Array.of(0.1, -1.5, 1e-9);
    expect(await load(samples)).toEqual(samples);
    await using empty = await openAudio(new Float32Array(0));
    expect([empty.length, empty.duration]).toEqual([0, 0]);
  });

  it('a Float32Array of another rate is resampled and not rounded', async () => {
    const samples = Float32Array.from({ length: 32_000 }, (_, i) => 0.3 * Math.sin(i / 10));
    const out = await load(samples, { sampleRate: 32_000 });
    expect(out.length).toBe(16_000);
    expect(Math.abs(out[5000]! - samples[10_000]!)).toBeLessThan(1e-4);
    expect(Number.isInteger(out[5000]! * 32768)).toBe(false);
  });

  it('an abandoned generator may clean up', async () => {
    const ended = { ok: false };
    await expect(openAudio(chunked(bytes.slice().fill(0, 9000, 9100), 500, ended))).rejects.toThrow(/checksum/);
    expect(ended.ok).toBe(true);
  });
});

describe.each([
  ['in memory', 600],
  ['in a file', 0],
])('random access, %s', (_, memorySeconds) => {
  const ramp = Array.from({ length: 200_000 }, (_, i) => (i % 60_000) - 30_000);
  const file = riff(fmt(1, 1, 16_000, 16), chunk('data', int16Bytes(ramp)));

  it('gives any range, zeros outside', async () => {
    await using source = await openAudio(file, { memorySeconds });
    expect([source.length, source.duration]).toEqual([200_000, 12.5]);
    const at = (i: number) => (i >= 0 && i < ramp.length ? ramp[i]! / 32768 : 0);
    const ranges: readonly (readonly [number, number])[] = [
      [0, 200_000],
      [65_530, 12],
      [131_071, 2],
      [-5, 10],
      [199_995, 10],
      [-10, 200_020],
      [-20, 5],
      [300_000, 4],
      [200_000, 1],
      [7, 0],
    ]; // prettier-ignore
    for (const [start, count] of ranges) {
      expect(await source.read(start, count)).toEqual(Float32Array.from({ length: count }, (_, i) => at(start + i)));
    }
  });

  it('reads at once and in any order', async () => {
    await using source = await openAudio(file, { memorySeconds });
    const starts = [150_000, 0, 65_536, 199_000, 3];
    const parts = await Promise.all(starts.map((start) => source.read(start, 500)));
    for (const [k, start] of starts.entries()) expect(parts[k]).toEqual(await source.read(start, 500));
  });

  it('keeps floats whole', async () => {
    const floats = Float32Array.from({ length: 70_000 }, (_, i) => Math.sin(i) / 3);
    expect(await load(floats, { memorySeconds })).toEqual(floats);
  });

  it('is over after close, which may be called twice', async () => {
    const source = await openAudio(file, { memorySeconds });
    await source.close();
    await source.close();
    await expect(source.read(0, 1)).rejects.toThrow(EngineStateError);
  });

  it.each([
    [0.5, 1],
    [0, 1.5],
    [0, -1],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
  ])('refuses read(%d, %d)', async (start, count) => {
    await using source = await openAudio(file, { memorySeconds });
    await expect(source.read(start, count)).rejects.toThrow(OptionError);
  });
});

describe('spooling', () => {
  it('begins when the audio is longer than memorySeconds, and not before', async () => {
    process.env['TMPDIR'] = join(folder, 'missing'); // so that a spool file cannot be made
    const twoSeconds = new Float32Array(32_000);
    expect((await load(twoSeconds, { memorySeconds: 2 })).length).toBe(32_000);
    await expect(openAudio(twoSeconds, { memorySeconds: 1.9 })).rejects.toThrow(
      /expected to create .* because audio is spooled/,
    );
    process.env['TMPDIR'] = folder;
  });

  it('leaves no file behind after an error', async () => {
    const broken = bytesOf(clip('long95.flac')).subarray(0, 900_000);
    await expect(openAudio(broken, { memorySeconds: 1 })).rejects.toThrow(AudioError);
  });
});

describe('bad inputs', () => {
  it.each([
    ['a missing file', () => join(folder, 'none.wav'), /none\.wav: expected an audio file .* got no such file/],
    ['a folder', () => folder, /got a folder/],
    ['no bytes', () => new Uint8Array(0), /got an empty file/],
    ['an empty stream', () => Readable.from([]), /got an empty file/],
    ['text', () => new TextEncoder().encode('not audio at all'), /expected WAV, MP3, FLAC, .* got no program/],
    ['samples that are no numbers', () => Float32Array.of(0, 1, Number.NaN), /expected finite samples .* got NaN at 2/],
  ] as const)('%s', async (_, input, message) => {
    const error = await openAudio(input(), { ffmpeg: 'no-such-program' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });

  it('an empty file', async () => {
    const path = join(folder, 'empty.mp3');
    writeFileSync(path, '');
    await expect(openAudio(path)).rejects.toThrow(/empty\.mp3: .* got an empty file/);
    rmSync(path);
  });

  it('a stream that fails says where', async () => {
    const broken = Readable.from(
      (async function* () {
        yield bytesOf(FILE).subarray(0, 20_000);
        throw new Error('the line is dead');
      })(),
    ); // prettier-ignore
    const error = await openAudio(broken).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toHaveProperty(
      'message',
      'stream: expected more bytes after byte 20000 because the stream is open, got the line is dead',
    );
  });

  it('wrong options and things that are no input', async () => {
    const wrong = (input: unknown, options: object = {}) =>
      expect(openAudio(input as AudioInput, options)).rejects.toThrow(OptionError);
    await wrong(42);
    await wrong(null);
    await wrong({});
    await wrong(new URL('https://example.org/a.wav'));
    await wrong(Readable.from(['text']));
    await wrong(FILE, { sampleRate: 8000 });
    await wrong(new Float32Array(1), { quantize: true });
    await wrong(FILE, { damaged: 'ignore' });
    await wrong(FILE, { memorySeconds: -1 });
    await wrong(FILE, { memorySeconds: Number.NaN });
  });
});

describe('aborting', () => {
  const reason = new Error('enough');

  it('before the start', async () => {
    await expect(openAudio(FILE, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('between chunks, even when all bytes are there', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(reason));
    await expect(openAudio(bytesOf(clip('long95.flac')), { signal: controller.signal, memorySeconds: 0 })).rejects.toBe(
      reason,
    );
  });

  it('while a stream stalls', async () => {
    const controller = new AbortController();
    const stalled = new Readable({ read() {} });
    stalled.push(bytesOf(FILE).subarray(0, 5000));
    setTimeout(() => controller.abort(reason), 20);
    await expect(openAudio(stalled, { signal: controller.signal })).rejects.toBe(reason);
    expect(stalled.destroyed).toBe(true);
  });

  it('while a generator stalls', async () => {
    const controller = new AbortController();
    async function* stalled(): AsyncGenerator<Uint8Array> {
      yield bytesOf(FILE).subarray(0, 5000);
      await new Promise(() => {});
    }
    setTimeout(() => controller.abort(reason), 20);
    await expect(openAudio(stalled(), { signal: controller.signal })).rejects.toBe(reason);
  });
});
