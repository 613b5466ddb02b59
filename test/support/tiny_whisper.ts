// A Whisper small enough for the CPU twins: real structure and vocabulary, random weights, 60 rows of audio.

import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { encodeTensor, hostTensor } from '../../src/ops/host_tensor.ts';
import { elements } from '../../src/ops/op.ts';
import { uniform } from '../../src/ops/random.ts';
import type { ModelDimensions } from '../../src/whisper/dims.ts';
import { melFilters } from '../../src/whisper/mel_filters.ts';

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
