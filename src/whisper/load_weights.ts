// Fills the weights of a graph from a model file, a slice at a time: what the graph asks for by name, read from one or more tensors of the
// file, put into the graph's element type and layout. Never more than a slice is in host memory.

import { ModelFileError } from '../errors.ts';
import { f32ToF16 } from '../formats/half.ts';
import type { ModelFile } from '../formats/model_file.ts';
import { type QuantizedRows, quantizeRows, type Scheme } from '../formats/quantize.ts';
import { readRows, readRowsF32, tensorSource } from '../formats/rows.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { byteLength, type DType } from '../ops/op.ts';
import { openaiNames } from './fused_weights.ts';
import { melFilters } from './mel_filters.ts';
import { SCALES } from './model_weights.ts';

/** f32 values of a slice; a slice is uploaded whole. */
const SLICE = 256 * 1024;

/** Takes bytes of a tensor at an offset. */
export type Upload = (tensor: string, bytes: Uint8Array, offset: number) => Promise<void>;

const SCHEMES: Readonly<Partial<Record<DType, Scheme>>> = { i8: 'int8', i6: 'int6', i4: 'int4' };

/**
 * Uploads weights of the graph: those named, or all that stay for good. Scales come with their matrix.
 * @throws ModelFileError for a tensor that cannot be put into the graph's format, the signal's reason when aborted.
 */
export async function loadWeights(
  model: ModelFile,
  graph: Graph,
  upload: Upload,
  { names, signal }: { readonly names?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const wanted = names && new Set(names.map((name) => (name.endsWith(SCALES) ? name.slice(0, -SCALES.length) : name)));
  for (const tensor of graph.tensors) {
    if (tensor.kind !== 'weight' || tensor.name.endsWith(SCALES)) continue;
    if (!(wanted ? wanted.has(tensor.name) : (tensor.residency ?? 'model') === 'model')) continue;
    signal?.throwIfAborted();
    if (tensor.name.startsWith('mel.')) await uploadFilters(tensor, upload);
    else await uploadTensor(model, tensor, upload);
  }
}

async function uploadFilters(tensor: Tensor, upload: Upload): Promise<void> {
  const { filters, bands } = melFilters(tensor.shape[0]!);
  await upload(tensor.name, bytesOf(tensor.name === 'mel.filters' ? filters : bands), 0);
}

async function uploadTensor(model: ModelFile, tensor: Tensor, upload: Upload): Promise<void> {
  const columns = tensor.shape.length > 1 ? tensor.shape.at(-1)! : 1;
  let row = 0;
  for (const { name, rows } of partsOf(model, tensor)) {
    const step = Math.max(1, Math.floor(SLICE / columns));
    for (let begin = 0; begin < rows; begin += step) {
      const end = Math.min(begin + step, rows);
      await uploadRows(model, tensor, columns, name, begin, end, row + begin, upload);
    }
    row += rows;
  }
  await uploadZeros(tensor, columns, row, upload);
}

/** The file's tensors that make up a weight, with their rows. */
function partsOf(model: ModelFile, tensor: Tensor): { name: string | undefined; rows: number }[] {
  const names = openaiNames(tensor.name);
  if (names.length === 1) return [{ name: tensor.name, rows: tensorSource(model, tensor.name).shape[0]! }];
  return names.map((name) => ({ name, rows: tensor.shape[0]! / names.length }));
}

/** Rows [begin, end) of the file's tensor `name` to row `at` of the weight. */
async function uploadRows(
  model: ModelFile,
  tensor: Tensor,
  columns: number,
  name: string | undefined,
  begin: number,
  end: number,
  at: number,
  upload: Upload,
): Promise<void> {
  const scheme = SCHEMES[tensor.dtype];
  if (scheme && name !== undefined) {
    const { codes, scales } = await quantizedRows(model, name, scheme, columns, begin, end);
    await upload(tensor.name, codes, (codes.length / (end - begin)) * at);
    await upload(tensor.name + SCALES, bytesOf(scales), (columns / 32) * 2 * at);
    return;
  }
  const rowBytes = byteLength({ dtype: tensor.dtype, shape: [columns] });
  await upload(tensor.name, await floatBytes(model, tensor, name, columns, begin, end), rowBytes * at);
}

/** Rows in the graph's format: as they are stored where that is the same, else converted. */
async function floatBytes(
  model: ModelFile,
  tensor: Tensor,
  name: string | undefined,
  columns: number,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  if (name === undefined) return new Uint8Array(byteLength({ dtype: tensor.dtype, shape: [end - begin, columns] }));
  const { coding, tensor: stored, rowBegin, shape } = tensorSource(model, name);
  if (coding === 'plain' && stored.type === tensor.dtype && shape.length <= 2) {
    return readRows(model.file, stored, rowBegin + begin, rowBegin + end);
  }
  const values = await floatRows(model, name, columns, begin, end);
  return bytesOf(tensor.dtype === 'f16' ? f32ToF16(values) : values);
}

/** Rows as the file has them where the scheme is the same, else quantised here. */
async function quantizedRows(
  model: ModelFile,
  name: string,
  scheme: Scheme,
  columns: number,
  begin: number,
  end: number,
): Promise<QuantizedRows> {
  const source = tensorSource(model, name);
  if (source.coding === scheme) {
    const codes = await readRows(model.file, source.tensor, source.rowBegin + begin, source.rowBegin + end);
    const scales = await readRows(model.file, source.scales!, source.rowBegin + begin, source.rowBegin + end);
    return { codes, scales: new Uint16Array(scales.buffer, scales.byteOffset, scales.length / 2) };
  }
  try {
    return quantizeRows(scheme, await readRowsF32(model, name, begin, end), columns);
  } catch (cause) {
    throw new ModelFileError(`${model.file.format} model: expected to quantise ${name}, got ${cause}`, { cause });
  }
}

/** f32 rows; a convolution's [in, 3] becomes [3, in], with zeros up to the row length the kernels take. */
async function floatRows(
  model: ModelFile,
  name: string,
  columns: number,
  begin: number,
  end: number,
): Promise<Float32Array> {
  const values = await readRowsF32(model, name, begin, end);
  const [, channels, taps] = tensorSource(model, name).shape;
  if (taps === undefined) return values;
  const rows = new Float32Array((end - begin) * columns);
  for (let row = 0; row < end - begin; row++) {
    for (let c = 0; c < channels! * taps; c++) {
      rows[row * columns + (c % taps) * channels! + Math.floor(c / taps)] = values[row * channels! * taps + c]!;
    }
  }
  return rows;
}

/** Rows beyond the file's are zeros: the token embedding is made a whole number of tiles. */
async function uploadZeros(tensor: Tensor, columns: number, row: number, upload: Upload): Promise<void> {
  const missing = tensor.shape[0]! - row;
  if (missing === 0) return;
  const rowBytes = byteLength({ dtype: tensor.dtype, shape: [columns] });
  await upload(tensor.name, new Uint8Array(missing * rowBytes), row * rowBytes);
  if (SCHEMES[tensor.dtype])
    await upload(tensor.name + SCALES, new Uint8Array(missing * (columns / 32) * 2), row * (columns / 32) * 2);
}

function bytesOf(array: Float32Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
