// FLAC streams (RFC 9639), plain or in Ogg: metadata, then frames, each held against its checksum. Decoded here, because
// the libraries at hand lose last frames (@wasm-audio-decoders/flac 0.2) or do not load in Node (libflacjs 5.6).
import { AudioError } from '../errors.ts';
import type { ByteReader } from './byte_reader.ts';
import { decodeFlacFrame, type FlacFrame, type FlacStreamInfo } from './flac_frame.ts';
import { oggPages, packetsOf } from './ogg.ts';
import { at, DamagedAudioError, type Pcm } from './pcm.ts';
import { skipTag } from './tags.ts';

const STREAM_INFO = 34; // bytes
const OGG_MAPPING = 9; // bytes of the Ogg mapping's header before the marker 'fLaC'

/**
 * Decodes a plain FLAC stream from its marker.
 * @throws AudioError for a header that makes no sense; DamagedAudioError where a frame is damaged or samples are missing
 */
export async function* decodeFlac(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  const info = parseStreamInfo((await reader.peek(8 + STREAM_INFO)).subarray(8), name);
  await reader.skip(4);
  for (let last = false; !last; ) {
    const block = await reader.take(4);
    if (block.length < 4) break;
    last = (block[0]! & 0x80) !== 0;
    await reader.skip(block[1]! * 65_536 + block[2]! * 256 + block[3]!);
  }
  // No encoder writes a frame larger than its plain samples, with a header and a bit more per sample of the side channel.
  const largest = info.maxBlock * info.channels * Math.ceil((info.bits + 1) / 8) + 256;
  let samples = 0;
  while ((await reader.peek(1)).length > 0) {
    const frame = decodeFlacFrame(await reader.peek(largest), info);
    if (!frame && info.total > 0 && samples >= info.total) return; // what follows the last sample is no audio (a tag)
    if (!frame && (await skipTag(reader))) continue;
    if (!frame) throw damagedFrame(name, reader.position, samples / info.sampleRate);
    await reader.skip(frame.bytes);
    samples += frame.channels[0]!.length;
    yield toPcm(frame);
  }
  checkTotal(name, samples, info);
}

/** As `decodeFlac`, from Ogg pages, where a packet is a frame. */
export async function* decodeOggFlac(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  let info: FlacStreamInfo | null = null;
  let samples = 0;
  const partial: Uint8Array[] = [];
  for await (const page of oggPages(reader, name)) {
    for (const packet of packetsOf(page, partial)) {
      if (page.first) {
        if (info) checkTotal(name, samples, info);
        info = parseStreamInfo(packet.subarray(OGG_MAPPING + 8), name);
        samples = 0;
      }
      if (!info || packet[0] !== 0xff) continue; // metadata; a frame begins with its sync code
      const frame = decodeFlacFrame(packet, info);
      if (!frame) throw damagedFrame(name, page.position, samples / info.sampleRate);
      samples += frame.channels[0]!.length;
      yield toPcm(frame);
    }
  }
  if (info) checkTotal(name, samples, info);
}

function parseStreamInfo(block: Uint8Array, name: string): FlacStreamInfo {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const whole = block.length >= STREAM_INFO;
  const packed = whole ? view.getUint32(10) : 0; // 20 bits of rate, 3 of channels, 5 of sample size, 4 of the total
  const sampleRate = packed >>> 12;
  if (sampleRate === 0) {
    throw new AudioError(`${name}: expected a STREAMINFO block with a sample rate because FLAC begins so, got none`);
  }
  return {
    sampleRate,
    channels: ((packed >>> 9) & 7) + 1,
    bits: ((packed >>> 4) & 31) + 1,
    maxBlock: view.getUint16(2),
    total: (packed & 15) * 2 ** 32 + view.getUint32(14),
  };
}

function toPcm({ channels, sampleRate, bits }: FlacFrame): Pcm {
  const scale = 2 ** (1 - bits);
  return {
    sampleRate,
    type: bits <= 16 ? 'int16' : 'int32',
    channels: channels.map((x) => new Float32Array(x.map((v) => v * scale))),
  };
}

function damagedFrame(name: string, position: number, seconds: number): DamagedAudioError {
  return new DamagedAudioError(
    `${name}: expected a whole FLAC frame with a right checksum at ${at(position, seconds)} because the file goes on, got damage`,
  );
}

function checkTotal(name: string, samples: number, { total, sampleRate }: FlacStreamInfo): void {
  if (samples >= total) return; // 0 where the encoder did not know
  const seconds = [samples, total].map((n) => (n / sampleRate).toFixed(2));
  throw new DamagedAudioError(
    `${name}: expected ${total} samples because the FLAC header says so, got ${samples} (${seconds.join(' of ')} seconds)`,
  );
}
