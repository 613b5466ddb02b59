// What may be chosen when Whisper is laid out as a graph. All choices but `weights` and `cache` give the same numbers up to rounding.

import { OptionError } from '../errors.ts';
import type { KeptType } from '../ops/split_kv.ts';
import type { ModelDimensions } from './dims.ts';
import { weightMatrices } from './fused_weights.ts';
import { checkWeightChoice, EMBEDDING, precisionOf, type WeightChoice } from './weight_rules.ts';
import type { AlignmentHead } from './words/alignment_heads.ts';

export type { WeightPrecision, WeightRule } from './weight_rules.ts';

/**
 * What the bytes of a model's weights hold at a time. `resident`: all weights, and stored keys and values of the audio. `absorbed`: all
 * weights. `phased`: the encoder's or the decoder's. `streamed`: one layer's, beside the token embedding while the decoder runs.
 */
export const MODES = ['resident', 'absorbed', 'phased', 'streamed'] as const;
export type Mode = (typeof MODES)[number];

export const CACHE_PRECISIONS = ['f32', 'f16', 'int8'] as const;
export type CachePrecision = (typeof CACHE_PRECISIONS)[number];

export interface GraphOptions extends WeightChoice {
  readonly mode: Mode;
  /**
   * Cross-attention over keys and values that every decoder layer `stored`, or over the encoder's output, with the projections
   * `absorbed` into query and result. Default: stored in mode resident, absorbed in all others.
   */
  readonly cross: 'stored' | 'absorbed';
  /** How keys and values of all attention, or the features in their place, are kept; int8 has an f32 scale for every head of a token. */
  readonly cache: CachePrecision;
  /** `w8a8`: activations are quantised as well, in blocks of 32, where weights are int8, not fewer bits; the logits' input stays float. */
  readonly arithmetic: 'w8a32' | 'w8a8';
  /** Sequences decoded in lockstep: as many for each audio. */
  readonly batch: number;
  /** Audios encoded one after another and decoded together; more than one needs absorbed cross-attention. */
  readonly audios: number;
  /** Tokens a sequence may have. */
  readonly textContext: number;
  /** Prompt tokens of a prefill pass. */
  readonly prefillRows: number;
  /** Rows of the window that pass at a time through the convolutions and MLPs, through attention as queries, and into cross K/V. */
  readonly tileRows: number;
  readonly queryRows: number;
  readonly crossRows: number;
  /** Runs of keys that cross-attention is split into, for steps and for prompts. */
  readonly crossSplits: number;
  readonly promptSplits: number;
  /** Heads of cross-attention whose scores can be had for word times; none: the phase that finds them is left out. */
  readonly alignment: readonly AlignmentHead[];
  /** Keep the encoder's output, f32, for reading. */
  readonly keepFeatures: boolean;
}

/** Fills in what was not given. @throws OptionError for a choice that the model's dimensions do not admit. */
export function graphOptions(dims: ModelDimensions, wanted: Partial<GraphOptions> = {}): GraphOptions {
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as typeof wanted;
  const { mode = 'resident' } = given;
  const { audios = 1 } = given;
  const cross = given.cross ?? (mode === 'resident' && audios === 1 ? 'stored' : 'absorbed');
  const options: GraphOptions = {
    mode,
    cross,
    weights: 'f16',
    weightRules: [],
    cache: 'f16',
    arithmetic: 'w8a32',
    batch: audios,
    audios,
    textContext: dims.n_text_ctx,
    prefillRows: cross === 'stored' ? 16 : 8, // a row's absorbed queries are as wide as the model, for every head
    tileRows: divisor(dims.n_audio_ctx, 300),
    queryRows: divisor(dims.n_audio_ctx, 150),
    crossRows: divisor(dims.n_audio_ctx, 100),
    crossSplits: 8,
    promptSplits: Math.ceil(dims.n_audio_ctx / 512),
    alignment: [],
    keepFeatures: false,
    ...given,
  };
  const counts = ['batch', 'audios', 'textContext', 'prefillRows', 'crossSplits', 'promptSplits'] as const;
  const wrong = counts.find((name) => !Number.isInteger(options[name]) || options[name] < 1);
  if (wrong) throw new OptionError(`graphOptions: expected ${wrong} to be a positive integer, got ${options[wrong]}`);
  if (options.textContext > dims.n_text_ctx) {
    throw new OptionError(`graphOptions: expected textContext up to ${dims.n_text_ctx}, got ${options.textContext}`);
  }
  for (const name of ['tileRows', 'queryRows', 'crossRows'] as const) {
    if (!(options[name] > 0) || dims.n_audio_ctx % options[name] !== 0) {
      throw new OptionError(`graphOptions: expected ${name} to divide ${dims.n_audio_ctx}, got ${options[name]}`);
    }
  }
  if (options.batch % options.audios !== 0 || (options.audios > 1 && options.cross === 'stored')) {
    throw new OptionError(
      `graphOptions: expected a batch for ${options.audios} audios, and absorbed cross-attention for several, got ${options.batch}, ${options.cross}`,
    );
  }
  checkWeightChoice('graphOptions', dims, options);
  checkArithmetic(dims, options);
  return options;
}

/** The element type of keys and values. */
export function cacheType({ cache }: Pick<GraphOptions, 'cache'>): KeptType {
  return cache === 'int8' ? 'q8' : cache;
}

/** W8A8's dot product takes two int8. Logits are not computed that way. */
function checkArithmetic(dims: ModelDimensions, options: GraphOptions): void {
  if (options.arithmetic === 'w8a32') return;
  const products = weightMatrices(dims)
    .flat()
    .filter((name) => name !== EMBEDDING);
  const wrong = products.find((name) => ['int6', 'int4'].includes(precisionOf(name, options)));
  if (wrong === undefined) return;
  throw new OptionError(
    `graphOptions: expected ${wrong} in int8, or floats, because arithmetic is w8a8, got ${precisionOf(wrong, options)}`,
  );
}

/** The largest divisor of n up to `most`. */
export function divisor(n: number, most: number): number {
  let d = Math.min(n, most);
  while (n % d !== 0) d--;
  return d;
}
