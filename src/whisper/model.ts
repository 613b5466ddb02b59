// Whisper as a graph, in the order of openai/whisper model.py: one function per block of the paper.
//
// Letters: T frames of the encoder (1500), d n_audio_state = n_text_state, H heads of 64, B sequences, R rows of a decoder pass.
// The window's T rows pass in tiles: every row of the residual stream x feeds only its own query and its own MLP row once keys and values
// exist, so queries, attention output and the 4 d wide MLP never exist for more than a tile.

import { createGraphBuilder, type GraphBuilder } from '../graph/builder.ts';
import { type Graph, type Phase, rows, type TensorRef } from '../graph/graph.ts';
import { CURSOR, RULE_WORDS } from '../ops/decoding_tables.ts';
import * as ops from '../ops/index.ts';
import type { LinearI8Attrs } from '../ops/linear_i8.ts';
import { MEL_PADDING } from '../ops/log_mel.ts';
import { ROW } from '../ops/rows.ts';
import { STFT_REACH } from '../ops/stft.ts';
import type { ModelDimensions } from './dims.ts';
import { type GraphOptions, graphOptions } from './graph_options.ts';
import { type LinearWeights, linearRows, ModelWeights, vocabRows } from './model_weights.ts';

export const HOP_LENGTH = 160;

/** In order. `probe` scores <|nospeech|> at <|startoftranscript|>, `sample` picks the token after the prompt, `step` every later one. */
export const PHASES: readonly Phase[] = [
  { name: 'mel', repeats: true },
  { name: 'encode', repeats: false },
  { name: 'cross', repeats: false },
  { name: 'prefill', repeats: true },
  { name: 'probe', repeats: false },
  { name: 'sample', repeats: false },
  { name: 'step', repeats: true },
];

type Builder = GraphBuilder<typeof ops>;

interface Model {
  readonly g: Builder;
  readonly dims: ModelDimensions;
  readonly options: GraphOptions;
  readonly weights: ModelWeights;
}

/** Keys and values of one decoder layer: of the audio [A, T, d] and of the tokens so far [B, C, d]. */
interface LayerCaches {
  readonly k: TensorRef;
  readonly v: TensorRef;
  readonly k_cache: TensorRef;
  readonly v_cache: TensorRef;
}

/** Frames of a window of mel: two for each row of the encoder. */
export const windowFrames = (dims: ModelDimensions) => 2 * dims.n_audio_ctx;

/** Samples that the frames of a window touch, with those the kernels read beyond. */
export const windowSamples = (dims: ModelDimensions) => (windowFrames(dims) - 1) * HOP_LENGTH + STFT_REACH;

/**
 * The whole forward pass for one window and its decoding, on one timeline.
 * @throws OptionError, GraphError when options and dimensions do not fit.
 */
export function whisperGraph(dims: ModelDimensions, given: Partial<GraphOptions> = {}): Graph {
  const options = graphOptions(dims, given);
  const g = createGraphBuilder(ops, PHASES);
  const model: Model = { g, dims, options, weights: new ModelWeights(g, options) };
  g.phase('mel');
  const { mel, highest } = logMelSpectrogram(model);
  g.phase('encode');
  const x = audioEncoder(model, mel, highest);
  g.phase('cross');
  const caches = crossKeysAndValues(model, x);
  textDecoder(model, caches);
  return g.build();
}

/** audio.py log_mel_spectrogram, up to the logarithm and the maximum so far: [frames + 3, n_mels], a row of padding before. */
function logMelSpectrogram({ g, dims, options, weights }: Model): { mel: TensorRef; highest: TensorRef } {
  const frames = windowFrames(dims);
  const samples = g.input('samples', 'f32', [windowSamples(dims)]);
  const mel = g.state('mel', 'f32', [frames + MEL_PADDING, dims.n_mels]);
  const highest = g.state('mel_highest', 'f32', [1], 'always');
  const filters = weights.melFilters(dims.n_mels);
  const tile = 2 * options.tileRows;
  for (let first = 0; first < frames; first += tile) {
    const spectrum = g.stft({ x: samples }, { frames: { rows: tile, stride: HOP_LENGTH, begin: first * HOP_LENGTH } });
    const end = first + tile + MEL_PADDING;
    g.logMel({ spectrum, ...filters }, { first }, { y: end === frames + MEL_PADDING ? mel : rows(mel, 0, end) });
  }
  g.melMax({ mel }, {}, { highest });
  return { mel, highest };
}

/** model.py AudioEncoder up to ln_post: [T, d]. */
function audioEncoder(model: Model, mel: TensorRef, highest: TensorRef): TensorRef {
  const { g, dims } = model;
  const content = g.input('content_frames', 'u32', [1]);
  g.melFloor({ highest, content }, { n_frames: windowFrames(dims), n_mels: dims.n_mels }, { mel });
  return g.scope('encoder', () => {
    const x = convolutions(model, mel);
    for (let i = 0; i < dims.n_audio_layer; i++)
      g.scope(`blocks.${i}`, () => encoderBlock(model, `encoder.blocks.${i}`, x));
    return x;
  });
}

/** conv1, GELU, conv2 of stride 2, GELU, positions: a row t of conv2 needs rows 2t - 1 .. 2t + 1 of conv1, so tiles overlap by one. */
function convolutions({ g, dims, options, weights }: Model, mel: TensorRef): TensorRef {
  const { n_audio_ctx, n_audio_state: d, n_mels } = dims;
  const conv1 = weights.conv('encoder.conv1', d, n_mels);
  const conv2 = weights.conv('encoder.conv2', d, d);
  const position = weights.position('encoder.positional_embedding', n_audio_ctx, d);
  const x = g.activation('x', 'f32', [n_audio_ctx, d]);
  const tile = options.tileRows;
  for (let t = 0; t < n_audio_ctx; t += tile) {
    const hidden = g.activation('conv1', 'f32', [2 * tile + 1, d]);
    if (t === 0) g.zero({}, { shape: [1, d] }, { y: rows(hidden, 0, 1) });
    const first = t === 0 ? 1 : 0; // row of `hidden` that is the first frame
    const overlap = { rows: 2 * tile + 1 - first, stride: n_mels, begin: (2 * t - 1 + first) * n_mels };
    g.linear({ x: mel, ...conv1 }, { gelu: true, overlap }, { y: rows(hidden, first, 2 * tile + 1) });
    const y = rows(x, t, t + tile);
    g.linear({ x: hidden, ...conv2 }, { gelu: true, overlap: { rows: tile, stride: 2 * d } }, { y });
    g.addPosition({ position: rows(position, t, t + tile) }, {}, { y });
  }
  return x;
}

/** model.py ResidualAttentionBlock of the encoder; x is updated in place. */
function encoderBlock(model: Model, name: string, x: TensorRef): void {
  const { g, dims, options, weights } = model;
  const { n_audio_ctx, n_audio_state: d } = dims;
  const attn_ln = weights.norm(`${name}.attn_ln`, d);
  const qkv = weights.linear(`${name}.attn.qkv`, 3 * d, d);
  const out = weights.linear(`${name}.attn.out`, d, d);
  const k = g.activation('k', options.cache, [n_audio_ctx, d]);
  const v = g.activation('v', options.cache, [n_audio_ctx, d]);
  for (let t = 0; t < n_audio_ctx; t += options.tileRows) {
    const y = g.layerNorm({ x: rows(x, t, t + options.tileRows), ...attn_ln });
    const kv = linear(model, y, linearRows(qkv, d, 3 * d));
    const into = { k: rows(k, t, t + options.tileRows), v: rows(v, t, t + options.tileRows) };
    g.splitKv({ x: kv }, { dtype: options.cache }, into);
  }
  for (let t = 0; t < n_audio_ctx; t += options.queryRows) {
    const residual = rows(x, t, t + options.queryRows);
    const q = linear(model, g.layerNorm({ x: residual, ...attn_ln }), linearRows(qkv, 0, d));
    linear(model, g.attention({ q, k, v }), out, { accumulate: true }, residual);
  }
  for (let t = 0; t < n_audio_ctx; t += options.tileRows) mlp(model, name, rows(x, t, t + options.tileRows));
}

/** Keys and values of every decoder layer from the encoder's output, once a window. */
function crossKeysAndValues(model: Model, x: TensorRef): LayerCaches[] {
  const { g, dims, options, weights } = model;
  const { n_audio_ctx, n_text_state: d, n_text_layer } = dims;
  const ln_post = weights.norm('encoder.ln_post', d);
  const features = options.keepFeatures ? g.state('features', 'f32', [n_audio_ctx, d], 'always') : undefined;
  const projections = Array.from({ length: n_text_layer }, (_, i) =>
    weights.linear(`decoder.blocks.${i}.cross_attn.kv`, 2 * d, d),
  );
  const caches = projections.map((_, i) => layerCaches(model, i));
  for (let t = 0; t < n_audio_ctx; t += options.crossRows) {
    const end = t + options.crossRows;
    const xa = g.layerNorm({ x: rows(x, t, end), ...ln_post }, {}, features && { y: rows(features, t, end) });
    projections.forEach((kv, i) => {
      const { k, v } = caches[i]!;
      g.splitKv({ x: linear(model, xa, kv) }, { dtype: options.cache }, { k: rows2(k, t, end), v: rows2(v, t, end) });
    });
  }
  return caches;
}

function layerCaches({ g, dims, options }: Model, layer: number): LayerCaches {
  const audio = [1, dims.n_audio_ctx, dims.n_text_state];
  const text = [options.batch, options.textContext, dims.n_text_state];
  return g.scope(`decoder.blocks.${layer}`, () => ({
    k: g.state('cross_k', options.cache, audio),
    v: g.state('cross_v', options.cache, audio),
    k_cache: g.state('k_cache', options.cache, text),
    v_cache: g.state('v_cache', options.cache, text),
  }));
}

/** Rows of the first audio of [A, T, d]. */
function rows2(ref: TensorRef, begin: number, end: number): TensorRef {
  const [, t, d] = ref.shape as readonly [number, number, number];
  return rows({ ...ref, shape: [t, d] }, begin, end);
}

/** model.py TextDecoder: a prefill of the prompt, then one row a sequence for every token. */
function textDecoder(model: Model, caches: readonly LayerCaches[]): void {
  const { g, dims, options, weights } = model;
  const { batch } = options;
  const embedding = weights.matrix('decoder.token_embedding.weight', vocabRows(dims), dims.n_text_state);
  // Prefill goes on after the probe, so what steers and scores a decoding lives through both.
  const cursor = g.input('cursor', 'u32', [batch, CURSOR.words], 'always');
  const rules = g.input('rules', 'u32', [RULE_WORDS], 'always');
  const suppressed = g.input('suppressed', 'u32', [Math.ceil(dims.n_vocab / 32)], 'always');
  const last = g.state('last', 'f32', [batch, dims.n_text_state]);

  g.phase('prefill');
  const promptRows = g.input('prompt_rows', 'u32', [options.prefillRows, ROW.words]);
  const prompt = decoderBlocks(model, embedding, promptRows, caches);
  g.gatherRows({ x: prompt, index: g.input('last_rows', 'u32', [batch]) }, {}, { y: last });

  const ln = weights.norm('decoder.ln', dims.n_text_state);
  const logitsOf = (x: TensorRef) => {
    const logits = g.activation('logits', 'f32', [batch, vocabRows(dims)]);
    return g.linear({ x: g.layerNorm({ x, ...ln }), ...embedding }, {}, { y: logits });
  };
  const filter = (logits: TensorRef, filtered: boolean) =>
    g.filterLogits({ logits, suppressed, rules, cursor }, { n_vocab: dims.n_vocab, filtered });

  g.phase('probe');
  const unfiltered = g.scope('probe', () => logitsOf(last));
  g.tokenProb({ logits: unfiltered, x: filter(unfiltered, false) }, { token: noSpeechToken(dims.n_vocab) }, { cursor });

  const stepRows = g.input('step_rows', 'u32', [batch, ROW.words]);
  const ring = g.state('ring', 'u32', [batch, options.textContext, 2]);
  const pick = (x: TensorRef) => {
    const attrs = { capacity: options.textContext, context: options.textContext };
    g.pickToken({ x: filter(logitsOf(x), true), rules }, attrs, { cursor, rows: stepRows, ring });
  };
  g.phase('sample');
  g.scope('sample', () => pick(last));
  g.phase('step');
  g.scope('step', () => pick(decoderBlocks(model, embedding, stepRows, caches)));
}

/** Embeddings and all blocks for the rows of a table: [R, d]. */
function decoderBlocks(
  model: Model,
  embedding: LinearWeights,
  table: TensorRef,
  caches: readonly LayerCaches[],
): TensorRef {
  const { g, dims, weights } = model;
  const position = weights.position('decoder.positional_embedding', dims.n_text_ctx, dims.n_text_state);
  const x = g.embed({ ...embedding, position, rows: table });
  for (let i = 0; i < dims.n_text_layer; i++) {
    const name = `decoder.blocks.${i}`;
    g.scope(name, () => decoderBlock(model, name, x, table, caches[i]!));
  }
  return x;
}

/** model.py ResidualAttentionBlock of the decoder; x [R, d] is updated in place. */
function decoderBlock(
  model: Model,
  name: string,
  x: TensorRef,
  table: TensorRef,
  { k, v, k_cache, v_cache }: LayerCaches,
): void {
  const { g, dims, options, weights } = model;
  const d = dims.n_text_state;
  const qkv = linear(
    model,
    g.layerNorm({ x, ...weights.norm(`${name}.attn_ln`, d) }),
    weights.linear(`${name}.attn.qkv`, 3 * d, d),
  );
  const { y } = g.selfAttention({ qkv, rows: table }, { cache: k_cache }, { k_cache, v_cache });
  linear(model, y, weights.linear(`${name}.attn.out`, d, d), { accumulate: true }, x);

  const cross_ln = weights.norm(`${name}.cross_attn_ln`, d);
  const q = linear(model, g.layerNorm({ x, ...cross_ln }), weights.linear(`${name}.cross_attn.query`, d, d));
  const runs = g.crossAttention({ q, k, v, rows: table }, { splits: options.crossSplits, sequences: options.batch });
  const attended = g.attentionReduce({ x: runs });
  linear(model, attended, weights.linear(`${name}.cross_attn.out`, d, d), { accumulate: true }, x);

  mlp(model, name, x);
}

/** x += fc2(GELU(fc1(mlp_ln(x)))), for the rows of x at hand. */
function mlp(model: Model, name: string, x: TensorRef): void {
  const { g, weights } = model;
  const d = x.shape[1]!;
  const hidden = g.layerNorm({ x, ...weights.norm(`${name}.mlp_ln`, d) });
  const wide = linear(model, hidden, weights.linear(`${name}.mlp.0`, 4 * d, d), { gelu: true });
  linear(model, wide, weights.linear(`${name}.mlp.2`, d, 4 * d), { accumulate: true }, x);
}

/** x w^T + bias by the chosen arithmetic, into `y` where given. */
function linear(
  { g, options }: Model,
  x: TensorRef,
  w: LinearWeights,
  attrs: LinearI8Attrs = {},
  y?: TensorRef,
): TensorRef {
  const into = y && { y };
  if (options.arithmetic === 'w8a32' || !w.w_scale) return g.linear({ x, ...w }, attrs, into);
  const { y: codes, y_scale } = g.quantizeRows({ x });
  return g.linearI8({ x: codes, x_scale: y_scale, ...w, w_scale: w.w_scale }, attrs, into);
}

/** Id of <|nospeech|> (HF: <|nocaptions|>) by the size of the vocabulary; openai/whisper tokenizer.py. */
function noSpeechToken(n_vocab: number): number {
  return n_vocab >= 51865 ? n_vocab - 1503 : 50361;
}
