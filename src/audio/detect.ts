// Which decoder reads a file, by its first bytes. Names and extensions are not asked.
import { parseMpegHeader } from './mpeg_header.ts';
import { isReadableWav } from './wav.ts';

/** A format that needs no other program. */
export type AudioFormat = 'wav' | 'mp3' | 'flac' | 'ogg-vorbis' | 'ogg-opus' | 'ogg-flac';

/** How many bytes `detectFormat` wants to see. */
export const HEAD_BYTES = 1 << 16;

/** The formats that `openAudio` reads by itself, for messages. */
export const FORMAT_NAMES = 'WAV, MP3, FLAC, Ogg Vorbis, Ogg Opus or Ogg FLAC';

/** `head` begins at the file's first byte after any ID3 tag. Null: none of ours. */
export function detectFormat(head: Uint8Array): AudioFormat | null {
  const text = String.fromCharCode(...head.subarray(0, 64));
  if (/^(RIFF|RF64|BW64)....WAVE/s.test(text)) return isReadableWav(head) ? 'wav' : null;
  if (text.startsWith('fLaC')) return 'flac';
  if (text.startsWith('OggS')) return detectOgg(text);
  return isMpeg(head) ? 'mp3' : null;
}

/** The first page holds one packet, which names the codec. Other codecs (Speex, Theora) are not ours. */
function detectOgg(text: string): AudioFormat | null {
  const packet = text.slice(27 + text.charCodeAt(26));
  if (packet.startsWith('OpusHead')) return 'ogg-opus';
  if (packet.startsWith('\x01vorbis')) return 'ogg-vorbis';
  return packet.startsWith('\x7fFLAC') ? 'ogg-flac' : null;
}

/** A frame header followed by another where the first says it ends: eleven set bits alone are too common. */
function isMpeg(head: Uint8Array): boolean {
  const first = parseMpegHeader(head);
  if (!first) return false;
  return head.length < first.bytes + 4 || parseMpegHeader(head.subarray(first.bytes)) !== null;
}
