// Weights that are one tensor in the graph and several in openai's model: one matrix product instead of two or three.

import type { ModelDimensions } from './dims.ts';

/** A fused tensor and the openai tensors whose rows it holds in order; `undefined` stands for zeros (keys have no bias). */
const FUSED: readonly (readonly [RegExp, readonly (string | undefined)[]])[] = [
  [/\.attn\.qkv\.weight$/, ['attn.query.weight', 'attn.key.weight', 'attn.value.weight']],
  [/\.attn\.qkv\.bias$/, ['attn.query.bias', undefined, 'attn.value.bias']],
  [/\.cross_attn\.kv\.weight$/, ['cross_attn.key.weight', 'cross_attn.value.weight']],
  [/\.cross_attn\.kv\.bias$/, [undefined, 'cross_attn.value.bias']],
];

/** openai's tensors whose rows make up a weight of the graph, in order: itself if it is not fused. */
export function openaiNames(weight: string): readonly (string | undefined)[] {
  const fused = FUSED.find(([pattern]) => pattern.test(weight));
  if (!fused) return [weight];
  const [pattern, parts] = fused;
  const prefix = `${weight.replace(pattern, '')}.`;
  return parts.map((part) => part && prefix + part);
}

/** The graph's weight matrices, each as the openai tensors that make it up. Convolutions and positions are not among them. */
export function weightMatrices({ n_audio_layer, n_text_layer }: ModelDimensions): readonly (readonly string[])[] {
  const block = ['attn.qkv', 'attn.out', 'mlp.0', 'mlp.2'];
  const names = (side: string, layers: number, own: readonly string[]) =>
    Array.from({ length: layers }, (_, i) => own.map((name) => `${side}.blocks.${i}.${name}.weight`)).flat();
  const all = [
    ...names('encoder', n_audio_layer, block),
    ...names('decoder', n_text_layer, [...block, 'cross_attn.query', 'cross_attn.kv', 'cross_attn.out']),
    'decoder.token_embedding.weight',
  ];
  return all.map((name) => openaiNames(name).map((part) => part!)); // only biases have parts of zeros
}
