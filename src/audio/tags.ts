// Tags that stand before, between or after audio: passed over, never read.
import type { ByteReader } from './byte_reader.ts';

/** Goes past one tag or a run of zeros at the reader's place; false when there is none. */
export async function skipTag(reader: ByteReader): Promise<boolean> {
  const size = tagSize(await reader.peek(4096));
  if (size > 0) await reader.skip(size);
  return size > 0;
}

/** The size of the tag that `head` begins with, 0 for none. Zeros are padding and count as a tag. */
function tagSize(head: Uint8Array): number {
  const id = String.fromCharCode(...head.subarray(0, 8));
  if (id.startsWith('ID3') && head.length >= 10) {
    const footer = head[5]! & 0x10 ? 10 : 0;
    const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0); // ID3v2: 7 bits a byte
    return 10 + size + footer;
  }
  if (id.startsWith('TAG')) return 128; // ID3v1
  if (id === 'APETAGEX' && head.length >= 32) {
    return 32 + new DataView(head.buffer, head.byteOffset).getUint32(12, true); // without its 32-byte header
  }
  const zeros = head.findIndex((byte) => byte !== 0);
  return zeros === -1 ? head.length : zeros;
}
