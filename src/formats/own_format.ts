// Our own model folder: model.safetensors with OpenAI's tensor names, beside the JSON files of the source model.
//
// A matrix in a scheme of quantize.ts is two tensors: its codes under its own name (int8: I8 [rows, K]; int4: U8
// [rows, K/2]; int6: U8 [rows, 3K/4]) and `<name>.scales` (F16 [rows, K/32]). The scheme is seen from the shapes and
// stated nowhere else. Convolutions count as [out, in * 3], where that is a multiple of 32; positional embeddings,
// norms and biases stay floats. __metadata__: {format: "whisper-wgsl", version: "1", dims: ModelDimensions as JSON}.

import { ModelFileError } from '../errors.ts';
import { type DeclaredDims, declareDims, type ModelDimensions } from './dims.ts';
import { parseJsonObject } from './json.ts';
import { codeBytesPerRow, type QuantizedRows, type Scheme } from './quantize.ts';
import { BLOCK } from './quantize_rules.ts';
import type { SafetensorsEntry } from './safetensors_writer.ts';

export const OWN_FORMAT = 'whisper-wgsl';
export const OWN_SCALES_SUFFIX = '.scales';
const VERSION = '1';

/** The __metadata__ of a file of ours. */
export function ownMetadata(dims: ModelDimensions): Readonly<Record<string, string>> {
  return { format: OWN_FORMAT, version: VERSION, dims: JSON.stringify(dims) };
}

/** The dimensions that __metadata__ states. Throws ModelFileError for another version or damaged metadata. */
export function ownDims(path: string, metadata: Readonly<Record<string, string>>): DeclaredDims {
  if (metadata['version'] !== VERSION) {
    throw new ModelFileError(`${path}: expected version ${VERSION} of ${OWN_FORMAT}, got ${metadata['version']}`);
  }
  const dims = parseJsonObject(new TextEncoder().encode(metadata['dims'] ?? ''), `${path}: __metadata__.dims`);
  return declareDims((name) => dims[name], `${path}: __metadata__`);
}

/**
 * The two entries of a quantised matrix [rows, k] for writeSafetensors, in the order they are written. `quantize` gives
 * consecutive slices of whole rows; codes go to disk as they come, the scales (1/16 of an int8 matrix) are kept till
 * then.
 */
export function quantizedEntries(
  name: string,
  scheme: Scheme,
  rows: number,
  k: number,
  quantize: () => AsyncIterable<QuantizedRows>,
): readonly SafetensorsEntry[] {
  const scales: Uint16Array[] = [];
  return [
    {
      name,
      type: scheme === 'int8' ? 'i8' : 'u8',
      shape: [rows, codeBytesPerRow(scheme, k)],
      async *bytes() {
        for await (const slice of quantize()) {
          scales.push(slice.scales);
          yield slice.codes;
        }
      },
    },
    {
      name: name + OWN_SCALES_SUFFIX,
      type: 'f16',
      shape: [rows, k / BLOCK],
      *bytes() {
        for (const slice of scales) yield new Uint8Array(slice.buffer, slice.byteOffset, slice.byteLength);
      },
    },
  ];
}
