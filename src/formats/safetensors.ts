// Reader of safetensors: u64 header length, JSON header, then the tensors back to back. One file, or the shards
// named by model.safetensors.index.json. Source: huggingface/safetensors README.md.

import { dirname, join } from 'node:path';
import { ModelFileError } from '../errors.ts';
import { isJsonObject, type JsonObject, parseJsonObject, readJsonObject, shown } from './json.ts';
import { openForParsing, type RandomFile } from './random_file.ts';
import { type StoredTensor, type StoredType, storedBytes, type TensorFile, tensorFile } from './tensor_table.ts';

const LARGEST_HEADER = 16 << 20; // bytes; a large Whisper has about 200 KiB, the reference reader allows 100 MB

export type SafetensorsType = Exclude<StoredType, `q${string}`>;

/** Our type names and the format's. What it has besides (F64, F8, BOOL ...) no Whisper uses. */
export const SAFETENSORS_DTYPES: Readonly<Record<SafetensorsType, string>> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i8: 'I8',
  u8: 'U8',
  i16: 'I16',
  i32: 'I32',
  i64: 'I64',
};
const TYPES = new Map(Object.entries(SAFETENSORS_DTYPES).map(([type, dtype]) => [dtype, type as SafetensorsType]));

/** The table of one file. */
interface Header {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Open one safetensors file. Throws ModelFileError for a truncated, inconsistent or foreign file. */
export async function openSafetensors(path: string): Promise<TensorFile> {
  return openForParsing(path, async (file) => {
    const { tensors, metadata } = await readHeader(file);
    return tensorFile('safetensors', [file], tensors, metadata);
  });
}

/**
 * Open the shards an index names. Every tensor of the index must be in its shard, and no shard may hold another.
 * Throws ModelFileError; all shards opened so far are closed then.
 */
export async function openShardedSafetensors(indexPath: string): Promise<TensorFile> {
  const weightMap = (await readJsonObject(indexPath))['weight_map'];
  if (!isJsonObject(weightMap)) {
    throw new ModelFileError(`${indexPath}: expected weight_map to be an object, got ${typeof weightMap}`);
  }
  const shards = new Set(Object.entries(weightMap).map(([name, shard]) => checkShardName(indexPath, name, shard)));
  const files: RandomFile[] = [];
  const tensors = new Map<string, StoredTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  try {
    for (const shard of shards) {
      const path = join(dirname(indexPath), shard);
      const header = await openForParsing(path, async (file) => {
        const parsed = await readHeader(file);
        files.push(file);
        return parsed;
      });
      metadata = { ...metadata, ...header.metadata };
      for (const [name, tensor] of header.tensors) {
        if (weightMap[name] !== shard) {
          throw new ModelFileError(`${path}: expected only tensors that ${indexPath} places here, got ${shown(name)}`);
        }
        tensors.set(name, tensor);
      }
    }
    const missing = Object.keys(weightMap).find((name) => !tensors.has(name));
    if (missing !== undefined) {
      throw new ModelFileError(`${indexPath}: expected tensor ${missing} in ${weightMap[missing]}, got no such tensor`);
    }
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
  return tensorFile('safetensors', files, tensors, metadata);
}

/** A shard lies beside its index: a path that leads elsewhere is refused. */
function checkShardName(indexPath: string, tensor: string, shard: unknown): string {
  if (typeof shard === 'string' && /^[^/\\]+\.safetensors$/.test(shard)) return shard;
  throw new ModelFileError(
    `${indexPath}: expected tensor ${tensor} to name a .safetensors file in the same folder, got ${shown(shard)}`,
  );
}

/** Length and header are bounded by the file before they are read. */
async function readHeader(file: RandomFile): Promise<Header> {
  if (file.size < 8) throw new ModelFileError(`${file.path}: expected at least 8 bytes, got ${file.size}`);
  const prefix = await file.read(0, 8);
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > LARGEST_HEADER || length > file.size - 8) {
    throw new ModelFileError(
      `${file.path}: expected a header length of at most ${Math.min(LARGEST_HEADER, file.size - 8)} at byte 0 ` +
        `because the file has ${file.size} bytes, got ${length}`,
    );
  }
  const header = parseJsonObject(await file.read(8, 8 + length), `${file.path}: header at byte 8`);
  const tensors: StoredTensor[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(file, entry);
    else tensors.push(readEntry(file, 8 + length, name, entry));
  }
  checkCoverage(file, 8 + length, tensors);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

function readMetadata(file: RandomFile, entry: unknown): Readonly<Record<string, string>> {
  if (isJsonObject(entry) && Object.values(entry).every((value) => typeof value === 'string')) {
    return entry as Readonly<Record<string, string>>;
  }
  throw new ModelFileError(`${file.path}: expected __metadata__ to map strings to strings, got another value`);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** {dtype, shape, data_offsets: [begin, end)} relative to the end of the header. */
function readEntry(file: RandomFile, dataAt: number, name: string, entry: unknown): StoredTensor {
  const where = `${file.path}: tensor ${shown(name)}`;
  const { dtype, shape, data_offsets: range } = isJsonObject(entry) ? entry : ({} as JsonObject);
  const type = typeof dtype === 'string' ? TYPES.get(dtype) : undefined;
  if (!type) {
    throw new ModelFileError(`${where}: expected dtype one of ${[...TYPES.keys()]}, got ${shown(dtype)}`);
  }
  if (!isSizes(shape) || !isSizes(range) || range.length !== 2) {
    throw new ModelFileError(`${where}: expected shape and data_offsets to be arrays of sizes, got something else`);
  }
  const [begin, end] = range as readonly [number, number];
  if (begin > end || end > file.size - dataAt) {
    throw new ModelFileError(
      `${where}: expected data_offsets inside the ${file.size - dataAt} bytes from byte ${dataAt} on, got [${range}]`,
    );
  }
  const bytes = storedBytes(type, shape);
  if (bytes !== end - begin) {
    throw new ModelFileError(`${where}: expected ${bytes} bytes because it is ${dtype} [${shape}], got ${end - begin}`);
  }
  return { name, type, shape, file: file.path, offset: dataAt + begin, bytes };
}

/** The format wants the data covered once, with no holes: so an overlap, a lost entry or a cut file shows. */
function checkCoverage(file: RandomFile, dataAt: number, tensors: readonly StoredTensor[]): void {
  let at = dataAt;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (tensor.offset !== at) {
      throw new ModelFileError(
        `${file.path}: expected the next tensor at byte ${at} because tensors lie back to back, ` +
          `got ${shown(tensor.name)} at byte ${tensor.offset}`,
      );
    }
    at += tensor.bytes;
  }
  if (at !== file.size) {
    throw new ModelFileError(`${file.path}: expected the file to end at byte ${at}, got ${file.size} bytes`);
  }
}
