// MPEG audio, layers I to III: frames are found and checked here, decoded by mpg123 in WebAssembly.
import { type ByteReader, concat } from './byte_reader.ts';
import { type MpegHeader, parseMpegHeader, promisedFrames } from './mpeg_header.ts';
import { at, DamagedAudioError, type Pcm } from './pcm.ts';
import { skipTag } from './tags.ts';

interface Frames {
  readonly bytes: Uint8Array;
  readonly sampleRate: number;
}

const BATCH_BYTES = 1 << 15;

/**
 * Decodes from the first frame; tags and zeros between frames are passed over. The encoder's delay and padding are cut.
 * @throws DamagedAudioError where something else lies between frames, the last frame is cut, or frames are missing
 */
export async function* decodeMp3(reader: ByteReader, name: string): AsyncGenerator<Pcm> {
  const { MPEGDecoder } = await import('mpg123-decoder');
  let decoder: InstanceType<typeof MPEGDecoder> | null = null;
  let rate = 0;
  let seconds = 0;
  try {
    for await (const { bytes, sampleRate } of mpegFrames(reader, name)) {
      if (!decoder || sampleRate !== rate) {
        decoder?.free();
        decoder = new MPEGDecoder();
        await decoder.ready;
        rate = sampleRate;
      }
      const { channelData, samplesDecoded, errors } = decoder.decode(bytes);
      if (errors.length > 0) {
        throw new DamagedAudioError(
          `${name}: expected MPEG audio before ${at(reader.position, seconds)} because its frame headers are right, got ${errors[0]!.message}`,
        );
      }
      seconds += samplesDecoded / sampleRate;
      if (samplesDecoded > 0) yield { sampleRate, type: 'float', channels: channelData };
    }
  } finally {
    decoder?.free();
  }
}

/** Whole frames of one rate, some 32 KB at a time. */
async function* mpegFrames(reader: ByteReader, name: string): AsyncGenerator<Frames> {
  let batch: Uint8Array[] = [];
  let size = 0;
  let frames = 0;
  let seconds = 0;
  let promised = 0;
  let header: MpegHeader | null = null;
  const flush = (sampleRate: number): Frames => {
    const bytes = concat(batch, size);
    batch = [];
    size = 0;
    return { bytes, sampleRate };
  };
  let damage = '';
  for (;;) {
    const next = await nextHeader(reader);
    const place = at(reader.position, seconds);
    if (!next) {
      const complete = promised > 0 && frames >= promised; // then what follows is no audio
      const more = (await reader.peek(1)).length > 0;
      if (more && !complete) damage = `an MPEG frame at ${place} because the file goes on, got other bytes`;
      break;
    }
    if (header && next.sampleRate !== header.sampleRate) yield flush(header.sampleRate);
    header = next;
    const frame = await reader.take(next.bytes);
    if (frame.length < next.bytes) {
      damage = `a frame of ${next.bytes} bytes at ${place} because its header says so, got ${frame.length}`;
      break;
    }
    if (frames === 0) promised = promisedFrames(frame, next);
    frames++;
    seconds += next.samples / next.sampleRate;
    batch.push(frame);
    size += frame.length;
    if (size >= BATCH_BYTES) yield flush(next.sampleRate);
  }
  if (header && size > 0) yield flush(header.sampleRate);
  if (frames < promised) damage ||= `${promised} frames because the first one says so, got ${frames}`;
  if (damage) throw new DamagedAudioError(`${name}: expected ${damage}`);
}

async function nextHeader(reader: ByteReader): Promise<MpegHeader | null> {
  for (;;) {
    const header = parseMpegHeader(await reader.peek(4));
    if (header || !(await skipTag(reader))) return header;
  }
}
