// The decoder's layers (openai/whisper model.py TextDecoder).
//
// A pass works on the rows of a table: a run of prompt tokens, or one new token of each sequence. Position is data, so a step's dispatches
// are the same for every token.

import { rows, type TensorRef } from '../graph/graph.ts';
import type { Audio } from './audio_encoder.ts';
import { linear, type Model, mlp, normLinear } from './layers.ts';
import { type LinearWeights, linearRows } from './model_weights.ts';

/** Keys and values of the tokens so far, of one decoder layer [B, C, d]. */
export interface TextCache {
  readonly k_cache: TensorRef;
  readonly v_cache: TensorRef;
}

/** What the layers work on in a pass. */
export interface Pass {
  /** Rows: token, position, sequence, first. */
  readonly table: TensorRef;
  readonly audio: Audio;
  readonly caches: readonly TextCache[];
  /** Where several sequences share what they have in common; see self_attention. */
  readonly pages?: TensorRef;
  /** Where scores of the alignment heads go, f32[heads, R, scoreColumns]; absent: nowhere. */
  readonly scores?: TensorRef;
}

/** Embeddings and all blocks for the rows of a table: [R, d]. */
export function decoderBlocks(model: Model, embedding: LinearWeights, pass: Pass): TensorRef {
  const { g, dims, weights } = model;
  const position = weights.position('decoder.positional_embedding', dims.n_text_ctx, dims.n_text_state);
  const x = g.embed({ ...embedding, position, rows: pass.table });
  pass.caches.forEach((cache, i) => {
    g.segment();
    g.scope(`decoder.blocks.${i}`, () => decoderBlock(model, i, x, pass, cache));
  });
  g.segment();
  return x;
}

/** model.py ResidualAttentionBlock of the decoder; x [R, d] is updated in place. */
function decoderBlock(model: Model, layer: number, x: TensorRef, pass: Pass, { k_cache, v_cache }: TextCache): void {
  const { g, dims, weights } = model;
  const { table, pages } = pass;
  const d = dims.n_text_state;
  const name = `decoder.blocks.${layer}`;
  const attn_ln = weights.norm(`${name}.attn_ln`, d);
  const qkv = normLinear(model, x, attn_ln, weights.linear(`${name}.attn.qkv`, 3 * d, d));
  const { y } = g.selfAttention(
    { qkv, rows: table, ...(pages && { pages }) },
    { cache: k_cache },
    { k_cache, v_cache },
  );
  linear(model, y, weights.linear(`${name}.attn.out`, d, d), { accumulate: true }, x);

  const cross_ln = weights.norm(`${name}.cross_attn_ln`, d);
  const q = normLinear(model, x, cross_ln, weights.linear(`${name}.cross_attn.query`, d, d));
  const attended = crossAttention(model, layer, q, pass);
  linear(model, attended, weights.linear(`${name}.cross_attn.out`, d, d), { accumulate: true }, x);

  mlp(model, name, x);
}

/** Attention of q [R, d] over the audio: [R, d]. */
function crossAttention(model: Model, layer: number, q: TensorRef, { table, audio, scores }: Pass): TensorRef {
  const { g, dims, options, weights } = model;
  // Many rows keep a device busy without splits, whose partial results take memory.
  const split = {
    splits: q.shape[0] === options.batch ? options.crossSplits : options.promptSplits,
    sequences: options.batch / options.audios,
  };
  if (audio.cross === 'stored') {
    const { k, v } = audio.layers[layer]!;
    alignmentScores(model, layer, q, k, scores);
    const runs = g.crossAttention({ q, k, v, rows: table }, split);
    return g.attentionReduce({ x: runs });
  }
  const d = dims.n_text_state;
  const kv = weights.linear(`decoder.blocks.${layer}.cross_attn.kv`, 2 * d, d);
  const { bias: _, ...key } = linearRows(kv, 0, d); // keys have none
  const absorbed = g.absorbedQuery({ q, ...key });
  alignmentScores(model, layer, absorbed, audio.xa, scores);
  const runs = g.absorbedAttention({ q: absorbed, xa: audio.xa, rows: table }, split);
  return g.absorbedValues({ x: g.attentionReduce({ x: runs }), ...linearRows(kv, d, 2 * d) });
}

/** Scores of the layer's alignment heads, where a pass is asked for them. */
function alignmentScores({ g, options }: Model, layer: number, q: TensorRef, xa: TensorRef, scores?: TensorRef): void {
  if (!scores) return;
  options.alignment.forEach((head, i) => {
    if (head.layer !== layer) return;
    g.attentionScores({ q, xa }, { head: head.head, columns: scores.shape[2]! }, { y: rows(scores, i, i + 1) });
  });
}
