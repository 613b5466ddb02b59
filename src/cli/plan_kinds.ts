// What each tensor is for, as the pictures colour it. A tensor's name says so, or else the op that writes it first.

import type { Kind } from '../allocator/index.ts';
import type { Graph, Node, Tensor } from '../graph/graph.ts';

/** Light enough for dark text, far enough apart for most eyes. */
const KINDS = {
  features: { name: 'features', colour: '#9ec5f4', letter: 'F' },
  attention: { name: 'queries, attention', colour: '#8fd8d2', letter: 'A' },
  keysAndValues: { name: 'keys and values', colour: '#f7b267', letter: 'K' },
  caches: { name: 'token caches', colour: '#f08a8a', letter: 'C' },
  mlp: { name: 'MLP', colour: '#a5d6a0', letter: 'M' },
  logits: { name: 'logits', colour: '#c9a6e4', letter: 'L' },
  mel: { name: 'mel, convolutions', colour: '#f3dc7a', letter: 'S' },
  tables: { name: 'tables', colour: '#b8bec8', letter: 't' },
  embedding: { name: 'token embedding', colour: '#dccdf0', letter: 'V' },
  encoder: { name: 'encoder layers', colour: '#b7d3c6', letter: 'E' },
  decoder: { name: 'decoder layers', colour: '#e8cfa4', letter: 'D' },
  otherWeights: { name: 'other weights', colour: '#b8bec8', letter: 'w' },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

const WEIGHT_NAMES: readonly (readonly [RegExp, KindName])[] = [
  [/^encoder\.blocks\./, 'encoder'],
  [/^decoder\.blocks\./, 'decoder'],
  [/^decoder\.token_embedding\./, 'embedding'],
  [/^/, 'otherWeights'],
];

const NAMES: readonly (readonly [RegExp, KindName])[] = [
  [/\bcross_[kv]$/, 'keysAndValues'],
  [/\b[kv]_cache$/, 'caches'],
  [/^encoder\.blocks\.\d+\.[kv]$/, 'keysAndValues'],
  [/^(samples|mel)$|\bconv1(#\d+)?$/, 'mel'],
  [/^(encoder\.x|xa|features|last)$/, 'features'],
  [/\blogits(#\d+)?$/, 'logits'],
];

/** By op; of `linear` the weight decides. */
const OPS: Readonly<Record<string, KindName>> = {
  stft: 'mel',
  log_mel: 'mel',
  embed: 'features',
  layer_norm: 'features',
  gather_rows: 'features',
  quantize_rows: 'features',
  attention: 'attention',
  self_attention: 'attention',
  cross_attention: 'attention',
  attention_reduce: 'attention',
  attention_scores: 'attention',
  absorbed_query: 'attention',
  absorbed_attention: 'attention',
  absorbed_values: 'attention',
  filter_logits: 'logits',
};

/** The kind of every tensor that some node touches. */
export function tensorKinds(graph: Graph): ReadonlyMap<Tensor, KindName> {
  const kinds = new Map<Tensor, KindName>();
  for (const node of graph.nodes) {
    for (const { tensor } of [...Object.values(node.inputs), ...Object.values(node.outputs)]) {
      if (!kinds.has(tensor)) kinds.set(tensor, kindOf(tensor, node));
    }
  }
  return kinds;
}

export function drawnAs(name: KindName): Kind {
  return KINDS[name];
}

function kindOf({ kind, name }: Tensor, node: Node): KindName {
  const named = (kind === 'weight' ? WEIGHT_NAMES : NAMES).find(([pattern]) => pattern.test(name))?.[1];
  if (named) return named;
  const weight = node.inputs['w']?.tensor.name ?? '';
  if (kind === 'activation' && /\.mlp\./.test(weight)) return 'mlp';
  if (kind === 'activation' && /attn/.test(weight)) return 'attention';
  return kind === 'activation' ? (OPS[node.op.name] ?? 'tables') : 'tables';
}
