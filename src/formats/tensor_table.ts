// The one table every model file is read into: names, types, shapes and byte ranges. No tensor data is held:
// it is read by range, so a model larger than host memory can be uploaded or converted.

import { OptionError } from '../errors.ts';
import type { RandomFile } from './random_file.ts';

/** Element types as stored. q*: ggml blocks of 32 along the innermost axis; all numbers little-endian. */
export type StoredType =
  | 'f32'
  | 'f16'
  | 'bf16'
  | 'i8'
  | 'u8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'q4_0'
  | 'q4_1'
  | 'q5_0'
  | 'q5_1'
  | 'q8_0';

/** Smallest unit of each type: so many elements in so many bytes. */
export const STORED_UNITS: Readonly<Record<StoredType, { readonly elements: number; readonly bytes: number }>> = {
  f32: { elements: 1, bytes: 4 },
  f16: { elements: 1, bytes: 2 },
  bf16: { elements: 1, bytes: 2 },
  i8: { elements: 1, bytes: 1 },
  u8: { elements: 1, bytes: 1 },
  i16: { elements: 1, bytes: 2 },
  i32: { elements: 1, bytes: 4 },
  i64: { elements: 1, bytes: 8 },
  q4_0: { elements: 32, bytes: 18 },
  q4_1: { elements: 32, bytes: 20 },
  q5_0: { elements: 32, bytes: 22 },
  q5_1: { elements: 32, bytes: 24 },
  q8_0: { elements: 32, bytes: 34 },
};

export interface StoredTensor {
  /** As in the file. */
  readonly name: string;
  readonly type: StoredType;
  /** Outermost first; [] is a scalar. */
  readonly shape: readonly number[];
  /** Path of the file that holds the data. */
  readonly file: string;
  /** First byte in that file, and length. Offsets are not aligned in every format. */
  readonly offset: number;
  readonly bytes: number;
}

export interface TensorFile {
  readonly format: 'safetensors' | 'ggml' | 'ctranslate2' | 'pt';
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes [begin, end) of the tensor, in a fresh buffer. Throws ModelFileError when the file has shrunk. */
  read(tensor: StoredTensor, begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Bytes of a tensor, for a shape whose rows are whole units (NaN or fractional for one whose rows are not). */
export function storedBytes(type: StoredType, shape: readonly number[]): number {
  const unit = STORED_UNITS[type];
  const wholeUnits = unit.elements === 1 || (shape.length > 0 && shape.at(-1)! % unit.elements === 0);
  return wholeUnits ? (elementCount(shape) / unit.elements) * unit.bytes : Number.NaN;
}

/** The table over one or more open files. `close()` closes them all. */
export function tensorFile(
  format: TensorFile['format'],
  files: readonly RandomFile[],
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): TensorFile {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    format,
    tensors,
    metadata,
    async read(tensor, begin, end) {
      const file = byPath.get(tensor.file);
      if (!file) throw new OptionError(`TensorFile.read: expected a tensor of this table, got one of ${tensor.file}`);
      if (!(Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= tensor.bytes)) {
        throw new OptionError(
          `TensorFile.read: expected a range inside [0, ${tensor.bytes}) of ${tensor.name}, got [${begin}, ${end})`,
        );
      }
      return file.read(tensor.offset + begin, tensor.offset + end);
    },
    async close() {
      for (const file of files) await file.close();
    },
  };
}
