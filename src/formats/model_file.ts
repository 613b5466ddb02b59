// A model as the engine sees it, whatever file it came from: dimensions, and for each OpenAI tensor name where its rows
// lie and how they are coded. Nothing is read here but what the readers have read: names, shapes, types.

import { ModelFileError } from '../errors.ts';
import { isFloatLike } from './decode.ts';
import { type DeclaredDims, expectedShape, type ModelDimensions, resolveDims } from './dims.ts';
import type { MelFilters } from './ggml.ts';
import type { JsonObject } from './json.ts';
import { countLayers, mapNames, type NameLayout, TIED_NAMES } from './names.ts';
import { type Scheme, schemeOf } from './quantize.ts';
import { BLOCK } from './quantize_rules.ts';
import { elementCount, type StoredTensor, type TensorFile } from './tensor_table.ts';

/**
 * How stored rows become numbers. plain: by their stored type. int8, int6, int4: ours, with f16 scales per block
 * (quantize.ts). row_i8, tensor_i16: CTranslate2's, code / f32 scale, one scale per row or in all.
 */
export type Coding = 'plain' | Scheme | 'row_i8' | 'tensor_i16';

/** Rows [rowBegin, rowEnd) of a stored tensor; a row is what lies under one index of the outermost axis. */
export interface TensorSource {
  readonly tensor: StoredTensor;
  readonly rowBegin: number;
  readonly rowEnd: number;
  /** OpenAI's shape, outermost first; shape[0] = rowEnd - rowBegin. */
  readonly shape: readonly number[];
  readonly coding: Coding;
  /** Present unless plain. Rows as the tensor's, but for tensor_i16, which has one scalar. */
  readonly scales: StoredTensor | undefined;
}

export interface ModelFile {
  readonly format: TensorFile['format'] | 'whisper-wgsl';
  readonly dims: ModelDimensions;
  /** By OpenAI name; exactly the tensors of a model of these dims. */
  readonly tensors: ReadonlyMap<string, TensorSource>;
  readonly file: TensorFile;
  /** The folder of the model file, where tokenizer.json and the like may lie. */
  readonly folder: string;
  /** config.json, where the format has one. */
  readonly config: JsonObject | undefined;
  /** Token bytes by id (ggml: without special tokens; CTranslate2: these as their text). */
  readonly vocab: readonly Uint8Array[] | undefined;
  readonly mel_filters: MelFilters | undefined;
}

interface Content {
  readonly dims: ModelDimensions;
  readonly tensors: ReadonlyMap<string, TensorSource>;
}

/**
 * Match an open file's table with OpenAI's model. Throws ModelFileError for unknown, missing or misshapen tensors, for
 * a coding we do not know, and for declared dimensions that disagree.
 */
export function readContent(
  path: string,
  file: TensorFile,
  layout: NameLayout,
  scaleSuffix: string | undefined,
  declared: readonly DeclaredDims[],
): Content {
  const isScale = (name: string): boolean =>
    scaleSuffix !== undefined && name.endsWith(scaleSuffix) && file.tensors.has(name.slice(0, -scaleSuffix.length));
  const names = [...file.tensors.keys()].filter((name) => !isScale(name));
  const layers = countLayers(layout, names);
  const mapped = mapNames(layout, names, layers, path);
  const stored = (name: string): StoredTensor => file.tensors.get(mapped.get(name)!.name)!;
  checkTied(path, layout, file.tensors.get(TIED_NAMES[layout] ?? ''), stored('decoder.token_embedding.weight'));
  const dims = resolveDims((name) => stored(name).shape, layers, declared, path);
  const tensors = new Map<string, TensorSource>();
  for (const [name, source] of mapped) {
    const tensor = stored(name);
    const scales = scaleSuffix === undefined ? undefined : file.tensors.get(tensor.name + scaleSuffix);
    const shape = expectedShape(name, dims);
    tensors.set(name, {
      tensor,
      rowBegin: shape[0]! * source.part,
      rowEnd: shape[0]! * (source.part + 1),
      shape,
      coding: codingOf(path, tensor, scales, [shape[0]! * source.parts, ...shape.slice(1)]),
      scales,
    });
  }
  return { dims, tensors };
}

/**
 * The logits matrix is not read, so it must be the embedding's: the same bytes where a format can say so, else its
 * shape.
 */
function checkTied(path: string, layout: NameLayout, tied: StoredTensor | undefined, embedding: StoredTensor): void {
  if (!tied) return;
  const same = layout === 'ctranslate2' ? tied.offset === embedding.offset : `${tied.shape}` === `${embedding.shape}`;
  if (same) return;
  throw new ModelFileError(
    `${path}: expected ${tied.name} to be ${embedding.name} because Whisper ties them, ` +
      `got [${tied.shape}] at byte ${tied.offset} beside [${embedding.shape}] at byte ${embedding.offset}`,
  );
}

/** How a tensor is coded that should hold `shape`. Throws ModelFileError when it cannot. */
function codingOf(
  path: string,
  tensor: StoredTensor,
  scales: StoredTensor | undefined,
  shape: readonly number[],
): Coding {
  const coding = scales?.type === 'f16' ? blockCoding(tensor, scales, shape) : plainCoding(tensor, scales, shape);
  if (coding) return coding;
  const beside = scales ? ` with scales ${scales.type} [${scales.shape}]` : '';
  throw new ModelFileError(
    `${path}: expected ${tensor.name} to hold [${shape}] because the model's dimensions say so, ` +
      `got ${tensor.type} [${tensor.shape}]${beside}`,
  );
}

/** Ours: codes [rows, bytes] with scales [rows, k / 32]. */
function blockCoding(tensor: StoredTensor, scales: StoredTensor, shape: readonly number[]): Coding | undefined {
  const [rows, k] = [shape[0]!, elementCount(shape.slice(1))];
  const scheme = schemeOf(tensor.shape[1] ?? 0, k / BLOCK);
  const fits = tensor.shape.length === 2 && tensor.shape[0] === rows && `${scales.shape}` === `${[rows, k / BLOCK]}`;
  return fits && scheme && tensor.type === (scheme === 'int8' ? 'i8' : 'u8') ? scheme : undefined;
}

/** Extents of 1 do not count: whisper.cpp stores the convolutions' biases as [n, 1]. */
function plainCoding(
  tensor: StoredTensor,
  scales: StoredTensor | undefined,
  shape: readonly number[],
): Coding | undefined {
  const extents = (full: readonly number[]): string => `${full.filter((extent) => extent !== 1)}`;
  if (tensor.shape[0] !== shape[0] || extents(tensor.shape) !== extents(shape)) return undefined;
  if (!scales) return isFloatLike(tensor.type) ? 'plain' : undefined;
  if (scales.type !== 'f32') return undefined;
  if (tensor.type === 'i8' && `${scales.shape}` === `${shape[0]}`) return 'row_i8';
  return tensor.type === 'i16' && scales.shape.length === 0 ? 'tensor_i16' : undefined;
}
