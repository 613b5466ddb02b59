// A model file that nobody wrote: right names, shapes and formats of any Whisper, weights made up when they are read. What it hears is
// nonsense; bytes, dispatches and times are those of a real model of the same size.

import { expectedShape } from '../../src/formats/dims.ts';
import type { ModelFile, TensorSource } from '../../src/formats/model_file.ts';
import { codeBytesPerRow } from '../../src/formats/quantize.ts';
import { elementCount, type StoredTensor, storedBytes } from '../../src/formats/tensor_table.ts';
import type { ModelDimensions } from '../../src/whisper/dims.ts';
import { openaiNames, weightMatrices } from '../../src/whisper/fused_weights.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { type Kind, randomBytes, weightSpread } from './random_bytes.ts';

export type SyntheticFormat = 'f16' | 'int8' | 'int4';

/** How a stored tensor is filled. */
interface Filling {
  readonly kind: Kind;
  readonly spread: number;
  readonly centre: number;
}

/** Of these dimensions, matrices stored in that format, so that nothing is converted at upload but the convolutions' order. */
export function syntheticModel(dims: ModelDimensions, format: SyntheticFormat): ModelFile {
  const fillings = new Map<StoredTensor, Filling>();
  const matrices = new Set(weightMatrices(dims).flat());
  const sources = tensorNames(dims).map((name): [string, TensorSource] => {
    const shape = expectedShape(name, dims);
    return [name, tensorSource(name, shape, matrices.has(name) ? format : undefined, fillings)];
  });
  return {
    format: 'whisper-wgsl',
    dims,
    tensors: new Map(sources),
    file: {
      format: 'safetensors',
      tensors: new Map([...fillings.keys()].map((tensor) => [tensor.name, tensor])),
      metadata: {},
      async read(tensor, begin, end) {
        const { kind, spread, centre } = fillings.get(tensor)!;
        return randomBytes(kind, end - begin, begin, spread, centre);
      },
      async close() {},
    },
    folder: '',
    config: undefined,
    vocab: undefined,
    mel_filters: undefined,
  };
}

/** openai's names of all tensors: those that a graph of the model asks for. */
function tensorNames(dims: ModelDimensions): string[] {
  const asked = whisperGraph(dims, { weights: 'f16' }).tensors.filter(
    ({ kind, name }) => kind === 'weight' && !name.startsWith('mel.'),
  );
  return [...new Set(asked.flatMap(({ name }) => openaiNames(name)))].filter((name) => name !== undefined);
}

function tensorSource(
  name: string,
  shape: readonly number[],
  format: SyntheticFormat | undefined,
  fillings: Map<StoredTensor, Filling>,
): TensorSource {
  const columns = elementCount(shape.slice(1));
  const store = (suffix: string, type: StoredTensor['type'], stored: readonly number[], filling: Filling) => {
    const bytes = storedBytes(type, stored);
    const tensor: StoredTensor = { name: name + suffix, type, shape: stored, file: 'made up', offset: 0, bytes };
    fillings.set(tensor, filling);
    return tensor;
  };
  const source = { rowBegin: 0, rowEnd: shape[0]!, shape, coding: 'plain', scales: undefined } as const;
  if (shape.length === 1) {
    const centre = /ln(_post)?\.weight$/.test(name) ? 1 : 0;
    return { ...source, tensor: store('', 'f32', shape, { kind: 'f32', spread: 0.1, centre }) };
  }
  const filling = { spread: weightSpread(columns), centre: 0 };
  if (format === undefined || format === 'f16') {
    return { ...source, tensor: store('', 'f16', shape, { kind: 'f16', ...filling }) };
  }
  const [type, scaleKind] = format === 'int8' ? (['i8', 'scales8'] as const) : (['u8', 'scales4'] as const);
  const codes = [shape[0]!, codeBytesPerRow(format, columns)];
  return {
    ...source,
    coding: format,
    tensor: store('', type, codes, { kind: format, ...filling }),
    scales: store('.scales', 'f16', [shape[0]!, columns / 32], { kind: scaleKind, ...filling }),
  };
}
