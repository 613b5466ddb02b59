// Weights as the graph asks for them: declares a matrix in the chosen format, with scales beside it where the format has them.
// Names say what to fill them with: src/whisper/load_weights.ts reads them.

import type { BuilderBase } from '../graph/builder.ts';
import { type Residency, rows, type TensorRef } from '../graph/graph.ts';
import { BLOCK } from '../ops/math.ts';
import type { DType } from '../ops/op.ts';
import { STFT_BINS } from '../ops/stft.ts';
import { WEIGHT_FORMATS } from '../ops/weights.ts';
import type { ModelDimensions } from './dims.ts';
import { openaiNames } from './fused_weights.ts';
import type { GraphOptions } from './graph_options.ts';
import { precisionOf, type WeightPrecision } from './weight_rules.ts';

/** A matrix product's parameters, named as the ops want them. */
export interface LinearWeights {
  readonly w: TensorRef;
  readonly w_scale?: TensorRef;
  readonly bias?: TensorRef;
}

export interface NormWeights {
  readonly weight: TensorRef;
  readonly bias: TensorRef;
}

/** Suffix of the tensor that holds a matrix's scales. */
export const SCALES = '.scales';

const MATRIX: Readonly<Record<WeightPrecision, DType>> = { f32: 'f32', f16: 'f16', int8: 'i8', int6: 'i6', int4: 'i4' };

/** n made a multiple of `unit`. */
export function padded(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

/** Rows of the token embedding on the device: whole tiles of the kernels. The added rows are 0. */
export const vocabRows = (dims: ModelDimensions) => padded(dims.n_vocab, 64);

/** Length of a convolution's row: 3 taps of `channels`, made a multiple of what kernels take at a time. */
export const convColumns = (channels: number) => padded(3 * channels, 64);

/** Format of convolutions and positional embeddings. */
export const floatType = ({ weights }: GraphOptions): DType => (weights === 'f32' ? 'f32' : 'f16');

/** How long a weight stays, by mode: layers and convolutions are what `streamed` swaps. */
function residency(name: string, { mode }: GraphOptions): Residency | undefined {
  if (mode === 'resident' || mode === 'absorbed') return undefined;
  return mode === 'streamed' && /\.blocks\.\d+\.|\.conv\d\./.test(name) ? 'segment' : 'part';
}

/** Declares weights by name. */
export class ModelWeights {
  readonly #g: BuilderBase;
  readonly #options: GraphOptions;

  constructor(g: BuilderBase, options: GraphOptions) {
    this.#g = g;
    this.#options = options;
  }

  #weight(name: string, dtype: DType, shape: readonly number[]): TensorRef {
    return this.#g.weight(name, dtype, shape, residency(name, this.#options));
  }

  norm(name: string, n_state: number): NormWeights {
    return {
      weight: this.#weight(`${name}.weight`, 'f32', [n_state]),
      bias: this.#weight(`${name}.bias`, 'f32', [n_state]),
    };
  }

  /** [n, k] in the chosen format, with a bias [n]. */
  linear(name: string, n: number, k: number): LinearWeights {
    return { ...this.matrix(`${name}.weight`, n, k), bias: this.#weight(`${name}.bias`, 'f32', [n]) };
  }

  matrix(name: string, n: number, k: number): Omit<LinearWeights, 'bias'> {
    const dtype = MATRIX[precisionOf(openaiNames(name)[0]!, this.#options)]; // parts of one matrix have one format
    const w = this.#weight(name, dtype, [n, k]);
    return WEIGHT_FORMATS[dtype]?.scaled ? { w, w_scale: this.#weight(name + SCALES, 'f16', [n, k / BLOCK]) } : { w };
  }

  /** A convolution of width 3 as rows of 3 taps of `channels`, zeros after them. */
  conv(name: string, n: number, channels: number): LinearWeights {
    const w = this.#weight(`${name}.weight`, floatType(this.#options), [n, convColumns(channels)]);
    return { w, bias: this.#weight(`${name}.bias`, 'f32', [n]) };
  }

  position(name: string, positions: number, n_state: number): TensorRef {
    return this.#weight(name, floatType(this.#options), [positions, n_state]);
  }

  /** Mel filters over the bins of the spectrum, and for each the first bin and the bin after the last where it is not 0. */
  melFilters(n_mels: number): { readonly filters: TensorRef; readonly bands: TensorRef } {
    return {
      filters: this.#weight('mel.filters', 'f32', [n_mels, STFT_BINS]),
      bands: this.#weight('mel.bands', 'u32', [n_mels, 2]),
    };
  }
}

/** Rows [begin, end) of a matrix and of what goes with it. */
export function linearRows({ w, w_scale, bias }: LinearWeights, begin: number, end: number): LinearWeights {
  return {
    w: rows(w, begin, end),
    ...(w_scale && { w_scale: rows(w_scale, begin, end) }),
    ...(bias && { bias: rows(bias, begin, end) }),
  };
}
