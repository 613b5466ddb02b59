// The encoder (openai/whisper model.py AudioEncoder), and what it leaves for the decoder to attend to.
//
// The window's T rows pass in tiles: every row of the residual stream x feeds only its own query and its own MLP row once keys and values
// exist, so queries, attention output and the 4 d wide MLP never exist for more than a tile.

import { reshape, rows, type TensorRef } from '../graph/graph.ts';
import { HEAD } from '../ops/attention.ts';
import { cacheType } from './graph_options.ts';
import { linear, type Model, mlp } from './layers.ts';
import { linearRows } from './model_weights.ts';

/** What decoder layers attend to: the encoder's output [A, T, d], or every layer's own keys and values of it. */
export type Audio =
  | { readonly cross: 'absorbed'; readonly xa: TensorRef }
  | { readonly cross: 'stored'; readonly layers: readonly { readonly k: TensorRef; readonly v: TensorRef }[] };

/** model.py AudioEncoder up to ln_post: [T, d]. */
export function audioEncoder(model: Model, mel: TensorRef, highest: TensorRef): TensorRef {
  const { g, dims } = model;
  const content = g.input('content_frames', 'u32', [1]);
  g.melFloor({ highest, content }, { n_frames: 2 * dims.n_audio_ctx, n_mels: dims.n_mels }, { mel });
  return g.scope('encoder', () => {
    const x = convolutions(model, mel);
    for (let i = 0; i < dims.n_audio_layer; i++) {
      g.segment();
      g.scope(`blocks.${i}`, () => encoderBlock(model, `encoder.blocks.${i}`, x));
    }
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
  const dtype = cacheType(options);
  const k = g.activation('k', dtype, [n_audio_ctx, d]);
  const v = g.activation('v', dtype, [n_audio_ctx, d]);
  for (let t = 0; t < n_audio_ctx; t += options.tileRows) {
    const y = g.layerNorm({ x: rows(x, t, t + options.tileRows), ...attn_ln });
    const kv = linear(model, y, linearRows(qkv, d, 3 * d));
    const end = t + options.tileRows;
    g.splitKv({ x: kv }, { dtype, first: t }, { k: rows(k, 0, end), v: rows(v, 0, end) });
  }
  for (let t = 0; t < n_audio_ctx; t += options.queryRows) {
    const residual = rows(x, t, t + options.queryRows);
    const q = linear(model, g.layerNorm({ x: residual, ...attn_ln }), linearRows(qkv, 0, d));
    linear(model, g.attention({ q, k, v }), out, { accumulate: true }, residual);
  }
  for (let t = 0; t < n_audio_ctx; t += options.tileRows) mlp(model, name, rows(x, t, t + options.tileRows));
}

/** model.py AudioEncoder ln_post, kept as it is read in attention. */
export function audioFeatures(model: Model, x: TensorRef): Audio {
  const { g, dims, options, weights } = model;
  const { n_audio_ctx, n_audio_state: d } = dims;
  const ln_post = weights.norm('encoder.ln_post', d);
  const features = options.keepFeatures ? g.state('features', 'f32', [n_audio_ctx, d], 'always') : undefined;
  const dtype = cacheType(options);
  const shape = [1, n_audio_ctx, d];
  const { audios } = options;
  const one = () => (audios > 1 ? g.activation('xa', dtype, shape) : g.state('xa', dtype, shape));
  const xa = dtype === 'f32' && features ? reshape(features, shape) : one();
  for (let t = 0; t < n_audio_ctx; t += options.crossRows) {
    const end = t + options.crossRows;
    const into = dtype === 'f32' ? rows2(xa, t, end) : features && rows(features, t, end);
    const y = g.layerNorm({ x: rows(x, t, end), ...ln_post }, {}, into && { y: into });
    if (dtype !== 'f32') g.narrow({ x: y }, { dtype, first: t }, { y: rows2(xa, 0, end) });
  }
  if (audios === 1) return { cross: 'absorbed', xa };
  const all = g.state('xa_all', dtype, [audios, n_audio_ctx, d], 'always');
  g.place({ x: xa, slot: g.input('slot', 'u32', [1]) }, { slots: audios }, { y: all });
  return { cross: 'absorbed', xa: all };
}

/** Keys and values of every decoder layer from the encoder's output, once a window. */
export function crossKeysAndValues(model: Model, x: TensorRef): Audio {
  const { g, dims, options, weights } = model;
  const { n_audio_ctx, n_text_state: d, n_text_layer } = dims;
  const ln_post = weights.norm('encoder.ln_post', d);
  const features = options.keepFeatures ? g.state('features', 'f32', [n_audio_ctx, d], 'always') : undefined;
  const dtype = cacheType(options);
  const byHeads = [d / HEAD, n_audio_ctx, HEAD];
  const layers = Array.from({ length: n_text_layer }, (_, i) =>
    g.scope(`decoder.blocks.${i}`, () => ({
      projection: weights.linear(`decoder.blocks.${i}.cross_attn.kv`, 2 * d, d),
      k: g.state('cross_k', dtype, [1, ...byHeads]),
      v: g.state('cross_v', dtype, [1, ...byHeads]),
    })),
  );
  for (let t = 0; t < n_audio_ctx; t += options.crossRows) {
    const end = t + options.crossRows;
    const xa = g.layerNorm({ x: rows(x, t, end), ...ln_post }, {}, features && { y: rows(features, t, end) });
    for (const { projection, k, v } of layers) {
      const kv = linear(model, xa, projection);
      g.splitKv({ x: kv }, { dtype, first: t, keys: n_audio_ctx }, { k: reshape(k, byHeads), v: reshape(v, byHeads) });
    }
  }
  return { cross: 'stored', layers };
}

/** Rows of the first audio of [A, T, d]. */
function rows2(ref: TensorRef, begin: number, end: number): TensorRef {
  const [, t, d] = ref.shape as readonly [number, number, number];
  return rows({ ...ref, shape: [t, d] }, begin, end);
}
