// One open file -> decoded samples: finds the format by content and hands over to its decoder.
import { AudioError, WhisperError } from '../errors.ts';
import { type ByteReader, createByteReader } from './byte_reader.ts';
import { type AudioFormat, detectFormat, HEAD_BYTES } from './detect.ts';
import { decodeStreamWithFfmpeg, decodeWithFfmpeg, type FfmpegOptions } from './ffmpeg.ts';
import { decodeFlac, decodeOggFlac } from './flac.ts';
import type { OpenInput } from './input.ts';
import { decodeMp3 } from './mp3.ts';
import { decodeOpus } from './opus.ts';
import { DamagedAudioError, type Pcm } from './pcm.ts';
import { skipTag } from './tags.ts';
import { decodeVorbis } from './vorbis.ts';
import { decodeWav } from './wav.ts';

// The WebAssembly decoders load their libraries when they are first called.
const DECODERS: Readonly<Record<AudioFormat, (reader: ByteReader, name: string) => AsyncGenerator<Pcm>>> = {
  wav: decodeWav,
  mp3: decodeMp3,
  flac: decodeFlac,
  'ogg-vorbis': decodeVorbis,
  'ogg-opus': decodeOpus,
  'ogg-flac': decodeOggFlac,
};

/** @throws AudioError for an empty, unknown or damaged file */
export async function* decode(input: OpenInput, ffmpeg: Omit<FfmpegOptions, 'name'>): AsyncGenerator<Pcm> {
  const { name, path } = input;
  const reader = createByteReader(input.bytes);
  const head = await reader.peek(3);
  if (head.length === 0) {
    throw new AudioError(`${name}: expected audio because it is to be transcribed, got an empty file`);
  }
  if (String.fromCharCode(...head) === 'ID3') while (await skipTag(reader));
  const format = detectFormat(await reader.peek(HEAD_BYTES));
  if (format) yield* decodeHere(format, reader, name, ffmpeg.signal);
  else if (path) yield* decodeWithFfmpeg(path, { ...ffmpeg, name });
  else yield* decodeStreamWithFfmpeg(reader, { ...ffmpeg, name });
}

async function* decodeHere(
  format: AudioFormat,
  reader: ByteReader,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* DECODERS[format](reader, name);
  } catch (cause) {
    if (cause instanceof WhisperError || signal?.aborted) throw cause;
    // Packets whose checksum is right can still hold nonsense, on which WebAssembly traps.
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new DamagedAudioError(
      `${name}: expected sound ${format} packets before byte ${reader.position} because their frames are whole, got ${got}`,
      { cause },
    );
  }
}

/** `pcm` up to its damage, if that is to be borne with: all damage when `keep`, else what ffmpeg bears with too. */
export async function* untilDamage(
  pcm: AsyncIterable<Pcm>,
  keep: boolean,
  note: (damage: AudioError) => void,
): AsyncGenerator<Pcm> {
  try {
    yield* pcm;
  } catch (error) {
    if (!(error instanceof DamagedAudioError) || !(keep || error.tolerated)) throw error;
    note(error);
  }
}
