// The phases of the decoder: prompts, the next token by Whisper's rules, candidates for beams, and a finished text's alignment.

import { rows, type TensorRef } from '../graph/graph.ts';
import { CURSOR, RULE_WORDS } from '../ops/decoding_tables.ts';
import { ROW } from '../ops/rows.ts';
import type { Audio } from './audio_encoder.ts';
import type { ModelDimensions } from './dims.ts';
import { cacheType } from './graph_options.ts';
import type { Model } from './layers.ts';
import { type LinearWeights, type NormWeights, padded, vocabRows } from './model_weights.ts';
import { decoderBlocks, type Pass, type TextCache } from './text_decoder.ts';

/** What the decoder's phases share: weights of its ends, tables that the host writes, and what lives from phase to phase. */
interface Decoder {
  readonly model: Model;
  readonly embedding: LinearWeights;
  readonly ln: NormWeights;
  readonly cursor: TensorRef;
  readonly rules: TensorRef;
  readonly suppressed: TensorRef;
  readonly promptRows: TensorRef;
  readonly stepRows: TensorRef;
  /** Output of the last prompt token, for each sequence. */
  readonly last: TensorRef;
  readonly pass: Omit<Pass, 'table' | 'scores'>;
}

/** model.py TextDecoder: a prefill of the prompt, then one row a sequence for every token. */
export function textDecoder(model: Model, audio: Audio): void {
  const decoder = declare(model, audio);
  prompts(decoder);
  sampling(decoder);
  if (model.options.batch > 1) beams(decoder);
  if (model.options.alignment.length > 0) alignment(decoder);
}

function declare(model: Model, audio: Audio): Decoder {
  const { g, dims, options, weights } = model;
  const { batch, textContext } = options;
  const pages = batch > 1 ? g.input('pages', 'u32', [batch, textContext], 'always') : undefined;
  const caches = Array.from({ length: dims.n_text_layer }, (_, i) => textCache(model, i));
  return {
    model,
    embedding: weights.matrix('decoder.token_embedding.weight', vocabRows(dims), dims.n_text_state),
    ln: weights.norm('decoder.ln', dims.n_text_state),
    // Prefill goes on after the probe, so what steers and scores a decoding lives through both.
    cursor: g.input('cursor', 'u32', [batch, CURSOR.words], 'always'),
    rules: g.input('rules', 'u32', [RULE_WORDS], 'always'),
    suppressed: g.input('suppressed', 'u32', [Math.ceil(dims.n_vocab / 32)], 'always'),
    promptRows: g.input('prompt_rows', 'u32', [options.prefillRows, ROW.words]),
    stepRows: g.input('step_rows', 'u32', [batch, ROW.words]),
    last: g.state('last', 'f32', [batch, dims.n_text_state]),
    pass: { audio, caches, ...(pages && { pages }) },
  };
}

function textCache({ g, dims, options }: Model, layer: number): TextCache {
  const shape = [options.batch, options.textContext, dims.n_text_state];
  return g.scope(`decoder.blocks.${layer}`, () => ({
    k_cache: g.state('k_cache', cacheType(options), shape),
    v_cache: g.state('v_cache', cacheType(options), shape),
  }));
}

/** Feeds a run of prompt tokens; scores <|nospeech|>. */
function prompts(decoder: Decoder): void {
  const { model, embedding, pass, promptRows, last, cursor } = decoder;
  const { g, dims, options } = model;
  g.phase('prefill');
  const prompt = decoderBlocks(model, embedding, { ...pass, table: promptRows });
  g.gatherRows({ x: prompt, index: g.input('last_rows', 'u32', [options.batch]) }, {}, { y: last });

  g.phase('probe');
  const logits = g.scope('probe', () => logitsOf(decoder, last));
  g.tokenProb({ logits, x: filter(decoder, logits, false) }, { token: noSpeechToken(dims.n_vocab) }, { cursor });
}

/** The most probable token, or a sample, after the prompt and in every step. */
function sampling(decoder: Decoder): void {
  const { model, embedding, pass, stepRows, last, cursor, rules } = decoder;
  const { g, options } = model;
  const ring = g.state('ring', 'u32', [options.batch, options.textContext, 2]);
  const pick = (x: TensorRef) => {
    const attrs = { capacity: options.textContext, context: options.textContext };
    g.pickToken({ x: filter(decoder, logitsOf(decoder, x), true), rules }, attrs, { cursor, rows: stepRows, ring });
  };
  g.phase('sample');
  g.scope('sample', () => pick(last));
  g.phase('step');
  g.scope('step', () => pick(decoderBlocks(model, embedding, { ...pass, table: stepRows })));
}

/** The best candidates of each sequence, after the prompt and in every step; the host chooses. */
function beams(decoder: Decoder): void {
  const { model, embedding, pass, stepRows, last, suppressed, rules, cursor } = decoder;
  const { g, dims, options } = model;
  const top = g.state('top', 'f32', [options.batch, options.batch + 1, 2]);
  const rank = (hidden: TensorRef) => {
    const logits = logitsOf(decoder, hidden);
    const x = filter(decoder, logits, true);
    const attrs = { n_vocab: dims.n_vocab, count: options.batch + 1 };
    g.topTokens({ logits, suppressed, rules, cursor, x }, attrs, { y: top });
  };
  g.phase('rank');
  g.scope('rank', () => rank(last));
  g.phase('extend');
  g.scope('extend', () => rank(decoderBlocks(model, embedding, { ...pass, table: stepRows })));
}

/** Floats of a row of scores: T, made a multiple of 64 so that a head's begin can be bound. */
export const scoreColumns = (dims: ModelDimensions) => padded(dims.n_audio_ctx, 64);

/** Rows whose logits are there at a time. */
const ALIGNED_ROWS = 4;

/** Feeds a run of a finished text: scores of the alignment heads, and the probability of each target token among text. */
function alignment(decoder: Decoder): void {
  const { model, embedding, pass, promptRows } = decoder;
  const { g, dims, options } = model;
  const { prefillRows } = options;
  g.phase('align');
  g.scope('align', () => {
    const scores = g.state('scores', 'f32', [options.alignment.length, prefillRows, scoreColumns(dims)]);
    const probs = g.state('probs', 'f32', [prefillRows]);
    const targets = g.input('targets', 'u32', [prefillRows]);
    const x = decoderBlocks(model, embedding, { ...pass, table: promptRows, scores });
    for (let first = 0; first < prefillRows; first += ALIGNED_ROWS) {
      const logits = logitsOf(decoder, rows(x, first, Math.min(first + ALIGNED_ROWS, prefillRows)));
      g.targetProb({ logits, targets }, { count: firstSpecial(dims.n_vocab), first }, { y: probs });
    }
  });
}

/** f32[R, vocabulary], padded. */
function logitsOf({ model: { g, dims }, ln, embedding }: Decoder, x: TensorRef): TensorRef {
  const y = g.activation('logits', 'f32', [x.shape[0]!, vocabRows(dims)]);
  return g.linear({ x: g.layerNorm({ x, ...ln }), ...embedding }, {}, { y });
}

function filter(
  { model: { g, dims, options }, suppressed, rules, cursor }: Decoder,
  logits: TensorRef,
  filtered: boolean,
): TensorRef {
  const sequences = options.batch / options.audios;
  return g.filterLogits({ logits, suppressed, rules, cursor }, { n_vocab: dims.n_vocab, filtered, sequences });
}

/** Id of <|nospeech|> (HF: <|nocaptions|>) by the size of the vocabulary; openai/whisper tokenizer.py. */
function noSpeechToken(n_vocab: number): number {
  return n_vocab >= 51865 ? n_vocab - 1503 : 50361;
}

/** Id of <|endoftext|>, the first that is not text; openai/whisper tokenizer.py. */
function firstSpecial(n_vocab: number): number {
  return n_vocab >= 51865 ? 50257 : 50256;
}
