// A Whisper small enough for the CPU twins: real structure and vocabulary, random weights, 60 rows of audio (1.2 s).
// Either as bytes for a graph, or as a model folder like any other.

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedShape } from '../../src/formats/dims.ts';
import { f32ToF16 } from '../../src/formats/half.ts';
import { quantizeRows, type Scheme } from '../../src/formats/quantize.ts';
import { writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { encodeTensor, hostTensor } from '../../src/ops/host_tensor.ts';
import { type DType, elements } from '../../src/ops/op.ts';
import { uniform } from '../../src/ops/random.ts';
import type { ModelDimensions } from '../../src/whisper/dims.ts';
import { melFilters } from '../../src/whisper/mel_filters.ts';
import { BUNDLED } from './weights.ts';

export const TINY_DIMS: ModelDimensions = {
  n_mels: 80,
  n_audio_ctx: 60,
  n_audio_state: 64,
  n_audio_head: 1,
  n_audio_layer: 2,
  n_vocab: 51864,
  n_text_ctx: 48,
  n_text_state: 64,
  n_text_head: 1,
  n_text_layer: 2,
};

/** Bytes of every weight of the graph, by name: the same on every machine, and the same numbers rounded in every format. */
export function randomWeights(graph: Graph): Map<string, Uint8Array> {
  const bytes = new Map<string, Uint8Array>();
  const weights = graph.tensors.filter((t) => t.kind === 'weight' && !t.name.endsWith('.scales'));
  weights.forEach((tensor, i) => {
    const values = weightValues(tensor, i + 1);
    const scheme = SCHEMES[tensor.dtype];
    if (scheme) {
      const { codes, scales } = quantizeRows(scheme, Float32Array.from(values), tensor.shape.at(-1)!);
      bytes.set(tensor.name, codes);
      bytes.set(`${tensor.name}.scales`, new Uint8Array(scales.buffer));
    } else bytes.set(tensor.name, encodeTensor(hostTensor(tensor, values)));
  });
  return bytes;
}

const SCHEMES: Readonly<Partial<Record<DType, Scheme>>> = { i8: 'int8', i6: 'int6', i4: 'int4' };

function weightValues({ name, shape }: Tensor, seed: number): ArrayLike<number> {
  if (name.startsWith('mel.')) {
    const { filters, bands } = melFilters(shape[0]!);
    return name === 'mel.filters' ? filters : bands;
  }
  const next = uniform(seed);
  const spread = shape.length === 1 ? 0.2 : 2 / Math.sqrt(shape.at(-1)!);
  const centre = name.endsWith('ln.weight') ? 1 : 0;
  return Float64Array.from({ length: elements({ dtype: 'f32', shape }) }, () => spread * (next() - 0.5) + centre);
}

/** A chirp, so that every frame differs. */
export function chirp(samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => 0.3 * Math.sin(i * (0.05 + i * 2e-6)));
}

/** Writes the model as Hugging Face's users have it, f16, into `folder`; with the bundled tokenizer. */
export async function writeTinyModel(folder: string): Promise<void> {
  const { n_audio_layer, n_text_layer } = TINY_DIMS;
  const entries = tensorNames({ n_audio_layer, n_text_layer }).map((name, seed) => ({
    name,
    type: 'f16' as const,
    shape: expectedShape(name, TINY_DIMS),
    *bytes() {
      const shape = expectedShape(name, TINY_DIMS);
      const columns = shape.slice(1).reduce((a, b) => a * b, 1);
      const next = uniform(seed + 1);
      const spread = shape.length === 1 ? 0.2 : 2 / Math.sqrt(columns);
      const centre = /ln(_post)?\.weight$/.test(name) ? 1 : 0;
      const values = Float32Array.from({ length: shape[0]! * columns }, () => spread * (next() - 0.5) + centre);
      yield new Uint8Array(f32ToF16(values).buffer);
    },
  }));
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, 'model.safetensors'), entries);
  await copyFile(join(BUNDLED, 'tokenizer.json.gz'), join(folder, 'tokenizer.json.gz'));
}

/** openai's names of every tensor of a model with so many layers. */
function tensorNames(layers: Pick<ModelDimensions, 'n_audio_layer' | 'n_text_layer'>): string[] {
  const pair = (name: string) => [`${name}.weight`, `${name}.bias`];
  const attn = (name: string) => [
    ...['query', 'value', 'out'].flatMap((p) => pair(`${name}.${p}`)),
    `${name}.key.weight`,
  ];
  const block = (name: string, cross: boolean) => [
    ...[...attn(`${name}.attn`), ...pair(`${name}.attn_ln`)],
    ...(cross ? [...attn(`${name}.cross_attn`), ...pair(`${name}.cross_attn_ln`)] : []),
    ...['mlp.0', 'mlp.2', 'mlp_ln'].flatMap((p) => pair(`${name}.${p}`)),
  ];
  const blocks = (side: string, n: number, cross: boolean) =>
    Array.from({ length: n }, (_, i) => block(`${side}.blocks.${i}`, cross)).flat();
  return [
    ...['encoder.conv1', 'encoder.conv2', 'encoder.ln_post', 'decoder.ln'].flatMap(pair),
    ...['encoder.positional_embedding', 'decoder.positional_embedding', 'decoder.token_embedding.weight'],
    ...blocks('encoder', layers.n_audio_layer, false),
    ...blocks('decoder', layers.n_text_layer, true),
  ];
}
