// The part of ZIP that torch.save writes: stored entries found through the central directory, ZIP64 included.
// Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3. Nothing is decompressed.

import { ModelFileError } from '../errors.ts';
import type { RandomFile } from './random_file.ts';

const LOCAL_HEADER = 0x04034b50; // "PK\3\4"
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const LONGEST_COMMENT = 0xffff;
const LARGEST_DIRECTORY = 4 << 20; // bytes; a large Whisper has about 100 KiB
const IN_ZIP64 = 0xffffffff;

export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  readonly stored: boolean;
  /** Of the local header, which the data follows. */
  readonly headerAt: number;
}

/** The central directory: one entry after another, near the end of the file. */
interface Directory {
  readonly at: number;
  readonly bytes: number;
}

/** Entries by name. Throws ModelFileError for a file that is no ZIP, is cut, or names an entry twice. */
export async function readZipEntries(file: RandomFile): Promise<ReadonlyMap<string, ZipEntry>> {
  const { at, bytes } = await findDirectory(file);
  if (bytes > LARGEST_DIRECTORY || at + bytes > file.size) {
    throw new ModelFileError(
      `${file.path}: expected a zip directory of at most ${LARGEST_DIRECTORY} bytes inside the file, got ${bytes} at byte ${at}`,
    );
  }
  const directory = await file.read(at, at + bytes);
  const view = new DataView(directory.buffer);
  const entries = new Map<string, ZipEntry>();
  for (let next = 0; next < bytes; ) {
    if (bytes - next < 46 || view.getUint32(next, true) !== DIRECTORY_ENTRY) throw damaged(file, at + next);
    // Fixed part of 46 bytes: flags at 8, method at 10, sizes at 20 and 24, lengths of name, extra field and comment
    // at 28, 30 and 32, offset of the local header at 42. Sizes in local headers may be zero: torch writes them behind.
    const nameBytes = view.getUint16(next + 28, true);
    const extraBytes = view.getUint16(next + 30, true);
    const end = next + 46 + nameBytes + extraBytes + view.getUint16(next + 32, true);
    if (end > bytes) throw damaged(file, at + next);
    const name = new TextDecoder().decode(directory.subarray(next + 46, next + 46 + nameBytes));
    const extra = new DataView(directory.buffer, next + 46 + nameBytes, extraBytes);
    const [size, , headerAt] = wideFields(view, next, extra);
    const plain = view.getUint16(next + 10, true) === 0 && (view.getUint16(next + 8, true) & 1) === 0; // stored, not encrypted
    if (entries.has(name) || !Number.isSafeInteger(size) || !Number.isSafeInteger(headerAt))
      throw damaged(file, at + next);
    entries.set(name, { name, bytes: size, stored: plain, headerAt });
    next = end;
  }
  return entries;
}

/** First byte of an entry's data. Throws ModelFileError when the entry is compressed or does not lie in the file. */
export async function zipDataAt(file: RandomFile, entry: ZipEntry): Promise<number> {
  if (!entry.stored) {
    throw new ModelFileError(
      `${file.path}: expected ${entry.name} stored because torch.save stores, got it compressed`,
    );
  }
  const { headerAt } = entry;
  if (headerAt > file.size - 30) throw damaged(file, headerAt);
  // Its extra field pads the data to 64 bytes and differs from the directory's, so its length is only known here.
  const header = new DataView((await file.read(headerAt, headerAt + 30)).buffer);
  const dataAt = headerAt + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== LOCAL_HEADER || dataAt + entry.bytes > file.size) throw damaged(file, headerAt);
  return dataAt;
}

function damaged(file: RandomFile, at: number): ModelFileError {
  return new ModelFileError(`${file.path}: expected a sound zip record at byte ${at}, got a damaged or repeated one`);
}

/** The end record is the last thing in the file but for a comment, so it is looked for from the back. */
async function findDirectory(file: RandomFile): Promise<Directory> {
  const tailAt = Math.max(0, file.size - END_BYTES - LONGEST_COMMENT);
  const tail = new DataView((await file.read(tailAt, file.size)).buffer);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== DIRECTORY_END) continue;
    // A signature inside a comment is told apart by the comment's length, which must reach the end of the file.
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const directory = { bytes: tail.getUint32(at + 12, true), at: tail.getUint32(at + 16, true) };
    const needs64 = directory.at === IN_ZIP64 || directory.bytes === IN_ZIP64;
    return needs64 ? findDirectory64(file, tailAt + at) : directory;
  }
  throw new ModelFileError(
    `${file.path}: expected a zip end record in the last ${tail.byteLength} bytes, got none: the file is cut or no zip`,
  );
}

/** A locator just before the end record says where the wide record is, and that where the directory is. */
async function findDirectory64(file: RandomFile, endAt: number): Promise<Directory> {
  if (endAt < LOCATOR_BYTES) throw damaged(file, endAt);
  const locator = new DataView((await file.read(endAt - LOCATOR_BYTES, endAt)).buffer);
  const recordAt = Number(locator.getBigUint64(8, true));
  if (locator.getUint32(0, true) !== LOCATOR_64 || recordAt > file.size - 56)
    throw damaged(file, endAt - LOCATOR_BYTES);
  const record = new DataView((await file.read(recordAt, recordAt + 56)).buffer);
  if (record.getUint32(0, true) !== DIRECTORY_END_64) throw damaged(file, recordAt);
  return { bytes: Number(record.getBigUint64(40, true)), at: Number(record.getBigUint64(48, true)) };
}

/**
 * [uncompressed size, compressed size, header offset]; those that are all ones stand in extra field 1, in this order.
 */
function wideFields(view: DataView, at: number, extra: DataView): readonly [number, number, number] {
  const fields: [number, number, number] = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ];
  for (let next = 0; next + 4 <= extra.byteLength; ) {
    const end = next + 4 + extra.getUint16(next + 2, true);
    if (extra.getUint16(next, true) === 1) {
      let from = next + 4;
      for (const i of [0, 1, 2] as const) {
        if (fields[i] !== IN_ZIP64 || from + 8 > Math.min(end, extra.byteLength)) continue;
        fields[i] = Number(extra.getBigUint64(from, true));
        from += 8;
      }
    }
    next = end;
  }
  return fields;
}
