// The compression ratio of a text, by which decoding notices that it repeats itself.

import { deflate } from 'pako';

/**
 * UTF-8 bytes of `text` over the bytes zlib makes of them at level 6; 0 for the empty text.
 * Source: openai/whisper utils.py. Node's own zlib is a fork whose matches differ, by enough to change what falls back
 * at a threshold of 2.4. pako's legacyHash gives the bytes of plain zlib.
 */
export function compressionRatio(text: string): number {
  const bytes = new TextEncoder().encode(text);
  return bytes.length / deflate(bytes, { level: 6, legacyHash: true }).length;
}
