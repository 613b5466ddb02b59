// Ogg Vorbis: checked pages to libvorbis in WebAssembly.
import type { ByteReader } from './byte_reader.ts';
import { oggPages } from './ogg.ts';
import { at, DamagedAudioError, type Pcm } from './pcm.ts';

/**
 * Decodes from the first page. Chained streams follow each other.
 * @throws DamagedAudioError where a page or packet is damaged
 */
export async function* decodeVorbis(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  type Decoded = Awaited<ReturnType<InstanceType<typeof OggVorbisDecoder>['decode']>>;
  let decoder: InstanceType<typeof OggVorbisDecoder> | null = null;
  let position = 0;
  let seconds = 0;

  function toPcm({ channelData, sampleRate, samplesDecoded, errors }: Decoded): Pcm[] {
    if (errors.length > 0) {
      throw new DamagedAudioError(
        `${name}: expected whole Vorbis packets in the page at ${at(position, seconds)} because its checksum is right, got ${errors[0]!.message}`,
      );
    }
    if (samplesDecoded === 0) return [];
    seconds += samplesDecoded / sampleRate;
    return [{ sampleRate, type: 'float', channels: channelData }];
  }

  try {
    for await (const page of oggPages(reader, name)) {
      if (page.first) {
        if (decoder) yield* toPcm(await decoder.flush());
        decoder?.free();
        decoder = new OggVorbisDecoder();
        await decoder.ready;
      }
      position = page.position;
      if (decoder) yield* toPcm(await decoder.decode(page.bytes));
    }
    if (decoder) yield* toPcm(await decoder.flush());
  } finally {
    decoder?.free();
  }
}
