// What the audio tests share: golden files, 16-bit views of samples, and a writer of waves with odd headers.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AudioInput, type AudioOptions, openAudio } from '../../src/audio/index.ts';

const AUDIO = new URL('../goldens/audio/', import.meta.url);

/** A clip of the goldens, by its file name there. */
export const clip = (file: string): URL => new URL(file, AUDIO);
/** A small file of one kind: see kinds/README.md. */
export const kind = (file: string): URL => new URL(`kinds/${file}`, AUDIO);
export const bytesOf = (file: URL): Uint8Array => new Uint8Array(readFileSync(file));
export const jsonOf = (file: URL) => JSON.parse(readFileSync(file, 'utf8'));

export async function load(input: AudioInput, options?: AudioOptions): Promise<Float32Array> {
  await using source = await openAudio(input, options);
  return source.read(0, source.length);
}

/** The 16-bit integers behind samples; throws when one is not k/32768. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (x) => {
    if (!Number.isInteger(x * 32768)) throw new Error(`${x} is not a 16-bit sample`);
    return x * 32768;
  });
}

export function sha256(samples: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(toInt16(samples).buffer))
    .digest('hex');
}

/** Largest and root mean square difference in units of the last of 16 bits. */
export function difference(a: Float32Array, b: Float32Array): { max: number; rms: number } {
  let max = 0;
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!) * 32768;
    max = Math.max(max, d);
    squares += d * d;
  }
  return { max, rms: Math.sqrt(squares / a.length) };
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A RIFF chunk; `size` overrides the true one. */
export function chunk(id: string, body: Uint8Array, size = body.length): Uint8Array {
  return join(ascii(id), u32(size), body, new Uint8Array(body.length % 2));
}

export function fmt(tag: number, channels: number, rate: number, bits: number): Uint8Array {
  const align = (channels * bits) / 8;
  return chunk(
    'fmt ',
    join(
      new Uint8Array(Uint16Array.of(tag, channels).buffer),
      u32(rate, rate * align),
      new Uint8Array(Uint16Array.of(align, bits).buffer),
    ),
  );
}

export function riff(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = join(ascii('WAVE'), ...chunks);
  return join(ascii('RIFF'), u32(body.length), body);
}

export function int16Bytes(samples: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples).buffer);
}

/** An Ogg file with the checksums of its pages made right again, after bytes inside them were changed. */
export function withOggChecksums(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let page = 0; page < file.length; ) {
    const table = page + 27 + file[page + 26]!;
    const end = file.subarray(page + 27, table).reduce((sum, size) => sum + size, table);
    view.setUint32(page + 22, 0, true);
    let crc = 0;
    for (const byte of file.subarray(page, end)) {
      crc ^= byte << 24;
      for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
    view.setUint32(page + 22, crc, true);
    page = end;
  }
  return file;
}
