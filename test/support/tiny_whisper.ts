// A Whisper small enough for the CPU twins: real structure and vocabulary, random weights, 60 rows of audio (1.2 s).
// Either as bytes for a graph, or as a model folder like any other.

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedShape } from '../../src/formats/dims.ts';
import { f32ToF16 } from '../../src/formats/half.ts';
import { writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { encodeTensor, hostTensor } from '../../src/ops/host_tensor.ts';
import { elements } from '../../src/ops/op.ts';
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

/** Bytes of every weight of the graph, by name: the same on every machine. */
export function randomWeights(graph: Graph): Map<string, Uint8Array> {
  const weights = graph.tensors.filter((t) => t.kind === 'weight');
  return new Map(weights.map((tensor, i) => [tensor.name, weightBytes(tensor, i)]));
}

function weightBytes(tensor: Tensor, seed: number): Uint8Array {
  if (tensor.name.startsWith('mel.')) {
    const { filters, bands } = melFilters(tensor.shape[0]!);
    return encodeTensor(hostTensor(tensor, tensor.name === 'mel.filters' ? filters : bands));
  }
  const next = uniform(seed + 1);
  const spread = tensor.shape.length === 1 ? 0.2 : 2 / Math.sqrt(tensor.shape.at(-1)!);
  const centre = tensor.name.endsWith('ln.weight') ? 1 : 0;
  const value = {
    i8: () => Math.round(next() * 254 - 127),
    // A scale as stored: times 256.
    f16: tensor.name.endsWith('.scales')
      ? () => (spread / 127) * 128 * (0.5 + next())
      : () => spread * (next() - 0.5) + centre,
    f32: () => spread * (next() - 0.5) + centre,
    u32: () => 0,
    i6: () => 0,
    i4: () => 0,
  }[tensor.dtype];
  return encodeTensor(hostTensor(tensor, Float64Array.from({ length: elements(tensor) }, value)));
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
