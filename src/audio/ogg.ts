// Ogg pages (RFC 3533): found, checked and filtered to one audio stream. Knows no codec.
import type { ByteReader } from './byte_reader.ts';
import { DamagedAudioError } from './pcm.ts';

export interface OggPage {
  /** Place in the file, in bytes. */
  readonly position: number;
  /** Which stream of the file it belongs to, and which page of that stream it is. */
  readonly serial: number;
  readonly number: number;
  /** The page begins a stream; a file may chain several. */
  readonly first: boolean;
  /** The page ends its stream. */
  readonly last: boolean;
  /** The first segment goes on with a packet of the page before. */
  readonly continued: boolean;
  /** Codec's time at the end of the last packet that ends here (samples); null when none does. */
  readonly granule: number | null;
  /** The whole page. */
  readonly bytes: Uint8Array;
  readonly segments: Uint8Array;
  readonly body: Uint8Array;
}

const HEADER = 27;
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

/**
 * The pages of the first stream, and of those chained after it. Pages of streams multiplexed with it are left out.
 * @throws DamagedAudioError when a page is cut, missing, or fails its checksum
 */
export async function* oggPages(reader: ByteReader, name: string): AsyncGenerator<OggPage> {
  let before: OggPage | null = null; // the last page of our stream
  let begun = false; // a page after the first was seen, so a further first page is chained, not multiplexed
  while ((await reader.peek(1)).length > 0) {
    if (before?.last && !isPage(await reader.peek(HEADER))) return; // what follows the end of the stream is no audio (a tag)
    const position = reader.position;
    const page = await readPage(reader);
    if (!page) {
      throw new DamagedAudioError(
        `${name}: expected a whole Ogg page with a right checksum at byte ${position} because the stream is not at its end, got damage`,
      );
    }
    const begins: boolean = page.first && (!before || begun || before.last);
    if (!begins && page.serial !== before?.serial) continue;
    // A recording of a broadcast has its first pages, which hold no audio, from the start and the others from later.
    const hasAudio: boolean = !begins && (before?.granule ?? 1) > 0;
    if (before && hasAudio && page.number !== before.number + 1) {
      throw new DamagedAudioError(
        `${name}: expected Ogg page ${before.number + 1} at byte ${position} because pages are numbered, got ${page.number}`,
      );
    }
    begun = !page.first;
    before = page;
    yield page;
  }
}

/** The packets that end on `page`; `partial` holds the pieces of one that has not ended, before and after. */
export function packetsOf(page: OggPage, partial: Uint8Array[]): Uint8Array[] {
  if (!page.continued) partial.length = 0;
  const packets: Uint8Array[] = [];
  let start = 0;
  let end = 0;
  for (const size of page.segments) {
    end += size;
    if (size === 255) continue; // the packet goes on in the next segment
    packets.push(Buffer.concat([...partial, page.body.subarray(start, end)]));
    partial.length = 0;
    start = end;
  }
  if (end > start) partial.push(page.body.slice(start, end));
  return packets;
}

function isPage(header: Uint8Array): boolean {
  return header.length === HEADER && String.fromCharCode(...header.subarray(0, 4)) === 'OggS';
}

async function readPage(reader: ByteReader): Promise<OggPage | null> {
  const position = reader.position;
  const header = await reader.peek(HEADER);
  if (!isPage(header)) return null;
  const table = HEADER + header[26]!;
  const segments = (await reader.peek(table)).slice(HEADER);
  const size = table + segments.reduce((sum, segment) => sum + segment, 0);
  const bytes = (await reader.take(size)).slice();
  if (bytes.length < size || !checksumIsRight(bytes)) return null;
  const flags = bytes[5]!;
  const view = new DataView(bytes.buffer);
  const granule = view.getBigInt64(6, true);
  return {
    position,
    serial: view.getUint32(14, true),
    number: view.getUint32(18, true),
    first: (flags & FIRST) !== 0,
    last: (flags & LAST) !== 0,
    continued: (flags & CONTINUED) !== 0,
    granule: granule === -1n ? null : Number(granule),
    bytes,
    segments,
    body: bytes.subarray(table),
  };
}

// CRC-32 with polynomial 0x04c11db7, most significant bit first, no inversion: not zlib's.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function checksumIsRight(page: Uint8Array): boolean {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!; // the checksum itself counts as zeros
    crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!;
  }
  return crc >>> 0 === new DataView(page.buffer, page.byteOffset).getUint32(22, true);
}
