// Ogg Opus (RFC 7845): packets out of pages, libopus in WebAssembly, pre-skip, end trimming and header gain.
import { AudioError } from '../errors.ts';
import type { ByteReader } from './byte_reader.ts';
import { type OggPage, oggPages, packetsOf } from './ogg.ts';
import { at, DamagedAudioError, type Pcm } from './pcm.ts';

interface OpusHead {
  readonly channels: number;
  /** Samples at 48 kHz to drop at the start. */
  readonly preSkip: number;
  /** Factor on every sample. */
  readonly gain: number;
  readonly streamCount: number;
  readonly coupledStreamCount: number;
  readonly channelMappingTable: number[];
}

const RATE = 48_000; // Opus counts at 48 kHz whatever the encoder was fed

/**
 * Decodes from the first page. Chained streams follow each other.
 * @throws DamagedAudioError where a page or packet is damaged; AudioError for an unknown channel mapping
 */
export async function* decodeOpus(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  const { OpusDecoder } = await import('opus-decoder');
  let decoder: InstanceType<typeof OpusDecoder> | null = null;
  const partial: Uint8Array[] = [];
  let head: OpusHead | null = null;
  let headers = 0; // header packets still to come: OpusHead, OpusTags
  let toSkip = 0;
  let granule = 0; // of the page before
  let seconds = 0;
  try {
    for await (const page of oggPages(reader, name)) {
      const packets = packetsOf(page, partial);
      if (page.first) {
        head = parseHead(packets[0] ?? new Uint8Array(0), name);
        headers = 2;
        toSkip = head.preSkip;
        granule = 0;
        decoder?.free();
        decoder = new OpusDecoder({ ...head, preSkip: 0 });
        await decoder.ready;
      }
      const audio = packets.slice(headers);
      headers -= packets.length - audio.length;
      if (!head || !decoder || audio.length === 0) continue;
      const { channelData, errors } = decoder.decodeFrames(audio);
      if (errors.length > 0) {
        throw new DamagedAudioError(
          `${name}: expected whole Opus packets in the page at ${at(page.position, seconds)} because its checksum is right, got ${errors[0]!.message}`,
        );
      }
      const decoded = channelData[0]!.length;
      const first = Math.min(toSkip, decoded);
      toSkip -= first;
      const end = Math.max(first, Math.min(decoded, samplesKept(page, granule, decoded)));
      granule = page.granule ?? granule;
      seconds += (end - first) / RATE;
      const { gain } = head;
      const channels = channelData
        .map((x) => x.subarray(first, end))
        .map((x) => (gain === 1 ? x : x.map((v) => v * gain)));
      yield { sampleRate: RATE, type: 'float', channels };
    }
  } finally {
    decoder?.free();
  }
}

/** The last page's time says how much of it is audio: the encoder fills up its last packet. */
function samplesKept(page: OggPage, granuleBefore: number, decoded: number): number {
  return page.last && page.granule !== null ? page.granule - granuleBefore : decoded;
}

function parseHead(packet: Uint8Array, name: string): OpusHead {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const channels = packet.length >= 19 ? packet[9]! : 0;
  const family = packet[18];
  // Family 0 is mono or stereo in one stream; 1 (surround) and 255 (discrete) bring a table.
  const hasTable = (family === 1 || family === 255) && packet.length >= 21 + channels;
  if (channels === 0 || (!hasTable && (family !== 0 || channels > 2))) {
    throw new AudioError(
      `${name}: expected an Opus header of mapping family 0, 1 or 255 because others are not audio channels, got family ${family}, ${channels} channels, ${packet.length} bytes`,
    );
  }
  return {
    channels,
    preSkip: view.getUint16(10, true),
    gain: 10 ** (view.getInt16(16, true) / (20 * 256)),
    streamCount: hasTable ? packet[19]! : 1,
    coupledStreamCount: hasTable ? packet[20]! : channels - 1,
    channelMappingTable: hasTable ? [...packet.subarray(21, 21 + channels)] : [0, 1].slice(0, channels),
  };
}
