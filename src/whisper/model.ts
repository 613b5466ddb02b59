// Whisper as a graph: its phases, and log-mel. audio_encoder.ts, text_decoder.ts and decoding_phases.ts follow in the order of openai/whisper model.py, one
// function per block of the paper.
//
// Letters: T frames of the encoder (1500), d n_audio_state = n_text_state, H heads of 64, B sequences, R rows of a decoder pass.

import { createGraphBuilder } from '../graph/builder.ts';
import { type Graph, type Phase, rows, type TensorRef } from '../graph/graph.ts';
import * as ops from '../ops/index.ts';
import { MEL_PADDING } from '../ops/log_mel.ts';
import { STFT_REACH } from '../ops/stft.ts';
import { audioEncoder, audioFeatures, crossKeysAndValues } from './audio_encoder.ts';
import { textDecoder } from './decoding_phases.ts';
import type { ModelDimensions } from './dims.ts';
import { type GraphOptions, graphOptions } from './graph_options.ts';
import type { Model } from './layers.ts';
import { ModelWeights } from './model_weights.ts';

export const HOP_LENGTH = 160;

/**
 * In order. `probe` scores <|nospeech|> at <|startoftranscript|>, `sample` picks the token after the prompt, `step` every later one;
 * `rank` and `extend` find candidates in their places, for beam search; `align` feeds a finished text, for its times.
 */
export const PHASES: readonly Phase[] = [
  { name: 'mel', repeats: true, part: 'encoder' },
  { name: 'encode', repeats: false, part: 'encoder' },
  { name: 'cross', repeats: false, part: 'cross' },
  { name: 'prefill', repeats: true, part: 'decoder' },
  { name: 'probe', repeats: false, part: 'decoder' },
  { name: 'sample', repeats: false, part: 'decoder' },
  { name: 'step', repeats: true, part: 'decoder' },
  { name: 'rank', repeats: false, part: 'decoder' },
  { name: 'extend', repeats: true, part: 'decoder' },
  { name: 'align', repeats: true, part: 'decoder' },
];

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
  textDecoder(model, options.cross === 'absorbed' ? audioFeatures(model, x) : crossKeysAndValues(model, x));
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
