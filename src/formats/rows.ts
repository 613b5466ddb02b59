// Rows of a model's tensor as f32, whatever they are stored as. Reads only the bytes of those rows (and of their
// scales).

import { ModelFileError, OptionError } from '../errors.ts';
import { decodeStored, type FloatLikeType } from './decode.ts';
import type { ModelFile, TensorSource } from './model_file.ts';
import { dequantizeRows } from './quantize.ts';
import type { StoredTensor, TensorFile } from './tensor_table.ts';

/** Where tensor `name` (OpenAI's) lies. Throws ModelFileError when the model has none of that name. */
export function tensorSource(model: ModelFile, name: string): TensorSource {
  const source = model.tensors.get(name);
  if (!source) throw new ModelFileError(`${model.file.format} model: expected a tensor ${name}, got none`);
  return source;
}

/**
 * Rows [rowBegin, rowEnd) of tensor `name` as f32, row-major; a row is what lies under one index of the outermost axis
 * (an output of a linear layer, a token, one number of a bias). Throws OptionError for rows that are not there.
 */
export async function readRowsF32(
  model: ModelFile,
  name: string,
  rowBegin = 0,
  rowEnd = tensorSource(model, name).shape[0]!,
): Promise<Float32Array> {
  const source = tensorSource(model, name);
  const rows = source.shape[0]!;
  if (
    !(Number.isInteger(rowBegin) && Number.isInteger(rowEnd) && rowBegin >= 0 && rowBegin <= rowEnd && rowEnd <= rows)
  ) {
    throw new OptionError(`readRowsF32: expected rows inside [0, ${rows}) of ${name}, got [${rowBegin}, ${rowEnd})`);
  }
  const begin = source.rowBegin + rowBegin;
  const end = source.rowBegin + rowEnd;
  const { file } = model;
  const stored = await readRows(file, source.tensor, begin, end);
  switch (source.coding) {
    case 'plain':
      return decodeStored(source.tensor.type as FloatLikeType, stored);
    case 'row_i8':
      return divideByScales(signedBytes(stored), floats(await readRows(file, source.scales!, begin, end)));
    case 'tensor_i16':
      return divideByScales(signedWords(stored), floats(await file.read(source.scales!, 0, source.scales!.bytes)));
    default: {
      const scales = await readRows(file, source.scales!, begin, end);
      const quantized = { codes: stored, scales: new Uint16Array(scales.buffer, scales.byteOffset, scales.length / 2) };
      return dequantizeRows(
        source.coding,
        quantized,
        source.shape.slice(1).reduce((k, extent) => k * extent, 1),
      );
    }
  }
}

/** Bytes of rows [begin, end) of a stored tensor. */
export function readRows(file: TensorFile, tensor: StoredTensor, begin: number, end: number): Promise<Uint8Array> {
  const rowBytes = tensor.bytes / tensor.shape[0]!;
  return file.read(tensor, begin * rowBytes, end * rowBytes);
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function signedBytes(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function signedWords(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/** CTranslate2's ops/dequantize_cpu.cc: code * (1 / scale) in f32, with as many codes a scale as there are. */
function divideByScales(codes: Int8Array | Int16Array, scales: Float32Array): Float32Array {
  const out = new Float32Array(codes.length);
  const perScale = codes.length / scales.length;
  for (let row = 0; row < scales.length; row++) {
    const inverse = Math.fround(1 / scales[row]!);
    for (let i = row * perScale; i < (row + 1) * perScale; i++) out[i] = codes[i]! * inverse;
  }
  return out;
}
