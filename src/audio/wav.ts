// RIFF, RF64 and BW64 waves: PCM, float, A-law and mu-law, read as a stream. Other codecs in a wave are ffmpeg's.
import { AudioError } from '../errors.ts';
import type { ByteReader } from './byte_reader.ts';
import { at, DamagedAudioError, type Pcm } from './pcm.ts';

type Codec = 'pcm' | 'float' | 'alaw' | 'mulaw';

interface WavFormat {
  readonly codec: Codec;
  readonly channels: number;
  readonly sampleRate: number;
  /** Bytes of one sample of one channel. */
  readonly width: number;
}

// WAVEFORMATEX wFormatTag (mmreg.h). EXTENSIBLE carries the real tag in the first two bytes of its sub-format GUID.
const CODECS: ReadonlyMap<number, Codec> = new Map([
  [1, 'pcm'],
  [3, 'float'],
  [6, 'alaw'],
  [7, 'mulaw'],
]);
const EXTENSIBLE = 0xfffe;
const WIDTHS: Readonly<Record<Codec, readonly number[]>> = { pcm: [1, 2, 3, 4], float: [4, 8], alaw: [1], mulaw: [1] };

const BATCH_BYTES = 1 << 16;
const MAX_HEADER_CHUNK = 1 << 16;
const UNKNOWN_SIZE = 0xffffffff;

/** Whether the head of a wave names a codec that `decodeWav` reads; true too when the head ends before saying so. */
export function isReadableWav(head: Uint8Array): boolean {
  const view = viewOf(head);
  for (let offset = 12; offset + 16 <= head.length; offset += 8 + even(view.getUint32(offset + 4, true))) {
    if (ascii(head, offset, 4) === 'fmt ') return CODECS.has(formatTag(head.subarray(offset + 8)));
  }
  return true;
}

/**
 * Decodes a wave from its first byte. A data size of 0 or 0xFFFFFFFF means until the end, as in ffmpeg.
 * @throws AudioError for a header that makes no sense; DamagedAudioError after the last sample when the data is cut short
 */
export async function* decodeWav(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  const { format, size } = await readHeader(reader, name);
  const start = reader.position;
  const frame = format.width * format.channels;
  let samples = 0;
  while (reader.position - start < size) {
    const wanted = Math.min(size - (reader.position - start), BATCH_BYTES - (BATCH_BYTES % frame));
    const bytes = await reader.take(wanted);
    const count = Math.floor(bytes.length / frame);
    if (count > 0) yield toPcm(bytes, count, format, name, samples);
    samples += count;
    if (bytes.length < wanted) break;
  }
  if (size !== Number.POSITIVE_INFINITY && reader.position - start < size) {
    const where = at(reader.position, samples / format.sampleRate);
    throw new DamagedAudioError(
      `${name}: expected ${size} bytes of samples because the wave header says so, got ${reader.position - start}: the file ends at ${where}`,
      { tolerated: true },
    );
  }
}

async function readHeader(reader: ByteReader, name: string): Promise<{ format: WavFormat; size: number }> {
  await reader.skip(12); // 'RIFF' size 'WAVE'
  let format: WavFormat | null = null;
  let longSize = Number.POSITIVE_INFINITY; // of the data, from RF64's ds64 chunk
  for (;;) {
    const header = await reader.take(8);
    if (header.length < 8) break;
    const id = ascii(header, 0, 4);
    const size = viewOf(header).getUint32(4, true);
    if (id === 'data') {
      if (!format) break;
      return { format, size: size === UNKNOWN_SIZE || size === 0 ? longSize : size };
    }
    if ((id === 'fmt ' || id === 'ds64') && size <= MAX_HEADER_CHUNK) {
      const body = await reader.take(even(size));
      if (id === 'fmt ') format = parseFormat(body.subarray(0, size), name);
      else if (size >= 16) longSize = Number(viewOf(body).getBigUint64(8, true));
    } else await reader.skip(even(size));
  }
  throw new AudioError(
    `${name}: expected a "fmt " and then a "data" chunk because it begins as a wave, got neither before byte ${reader.position}`,
  );
}

function parseFormat(chunk: Uint8Array, name: string): WavFormat {
  const view = viewOf(chunk);
  const codec = chunk.length >= 16 ? CODECS.get(formatTag(chunk)) : undefined;
  const [channels, sampleRate] = codec ? [view.getUint16(2, true), view.getUint32(4, true)] : [0, 0];
  const width = codec && channels > 0 ? view.getUint16(12, true) / channels : 0; // block align covers all channels
  if (!codec || channels === 0 || sampleRate === 0 || !WIDTHS[codec].includes(width)) {
    throw new AudioError(
      `${name}: expected 8 to 32-bit PCM, 32 or 64-bit float, A-law or mu-law because the wave reader knows these, ` +
        `got ${codec ?? 'an unknown codec'}, ${channels} channels, ${sampleRate} Hz, ${8 * width} bits`,
    );
  }
  return { codec, channels, sampleRate, width };
}

function formatTag(fmt: Uint8Array): number {
  const view = viewOf(fmt);
  const tag = view.getUint16(0, true);
  return tag === EXTENSIBLE && fmt.length >= 26 ? view.getUint16(24, true) : tag;
}

function toPcm(bytes: Uint8Array, count: number, format: WavFormat, name: string, before: number): Pcm {
  const { codec, channels, sampleRate, width } = format;
  const sample = sampleReader(viewOf(bytes), codec, width);
  const planes = Array.from({ length: channels }, () => new Float32Array(count));
  for (let i = 0, offset = 0; i < count; i++) {
    for (let c = 0; c < channels; c++, offset += width) planes[c]![i] = sample(offset);
  }
  if (codec === 'float' && !planes.every((plane) => plane.every(Number.isFinite))) {
    const seconds = (before / sampleRate).toFixed(2);
    throw new AudioError(
      `${name}: expected finite samples because they are audio, got NaN or infinity after second ${seconds}`,
    );
  }
  return { sampleRate, channels: planes, type: codec === 'float' ? 'float' : width <= 2 ? 'int16' : 'int32' };
}

function sampleReader(view: DataView, codec: Codec, width: number): (offset: number) => number {
  if (codec === 'alaw') return (o) => alaw(view.getUint8(o)) / 32768;
  if (codec === 'mulaw') return (o) => mulaw(view.getUint8(o)) / 32768;
  if (codec === 'float') return width === 4 ? (o) => view.getFloat32(o, true) : (o) => view.getFloat64(o, true);
  if (width === 1) return (o) => (view.getUint8(o) - 128) / 128; // the one unsigned width
  if (width === 2) return (o) => view.getInt16(o, true) / 32768;
  if (width === 3) return (o) => (view.getInt16(o + 1, true) * 256 + view.getUint8(o)) / 8388608;
  return (o) => view.getInt32(o, true) / 2147483648;
}

/** ITU-T G.711 A-law, to 16 bits: sign, 3 bits of exponent, 4 of mantissa, even bits inverted. */
function alaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return bits & 0x80 ? size : -size;
}

/** ITU-T G.711 mu-law, to 16 bits: all bits inverted, bias 132. */
function mulaw(code: number): number {
  const bits = ~code & 0xff;
  const size = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -size : size;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ascii(bytes: Uint8Array, offset: number, count: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + count));
}

function even(size: number): number {
  return size + (size % 2); // RIFF chunks are padded to even sizes
}
