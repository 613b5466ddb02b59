// What may be chosen when Whisper is laid out as a graph. All choices but `weights` and `cache` give the same numbers up to rounding.

import { OptionError } from '../errors.ts';
import type { ModelDimensions } from './dims.ts';

/** How weight matrices are kept on the device. One-dimensional tensors are f32, convolutions and positions f16 unless this is f32. */
export type WeightPrecision = 'f32' | 'f16' | 'int8';

export interface GraphOptions {
  readonly weights: WeightPrecision;
  /** Keys and values of all attention. */
  readonly cache: 'f16' | 'f32';
  /** `w8a8`: activations are quantised as well, in blocks of 32, where weights are int8; the logits' input stays float. */
  readonly arithmetic: 'w8a32' | 'w8a8';
  /** Sequences decoded in lockstep. */
  readonly batch: number;
  /** Tokens a sequence may have. */
  readonly textContext: number;
  /** Prompt tokens of a prefill pass. */
  readonly prefillRows: number;
  /** Rows of the window that pass at a time through the convolutions and MLPs, through attention as queries, and into cross K/V. */
  readonly tileRows: number;
  readonly queryRows: number;
  readonly crossRows: number;
  /** Runs of keys that cross-attention is split into. */
  readonly crossSplits: number;
  /** Keep the encoder's output, f32, for reading. */
  readonly keepFeatures: boolean;
}

/** Fills in what was not given. @throws OptionError for a choice that the model's dimensions do not admit. */
export function graphOptions(dims: ModelDimensions, given: Partial<GraphOptions> = {}): GraphOptions {
  const options: GraphOptions = {
    weights: 'f16',
    cache: 'f16',
    arithmetic: 'w8a32',
    batch: 1,
    textContext: dims.n_text_ctx,
    prefillRows: 16,
    tileRows: divisor(dims.n_audio_ctx, 300),
    queryRows: divisor(dims.n_audio_ctx, 150),
    crossRows: divisor(dims.n_audio_ctx, 100),
    crossSplits: 8,
    keepFeatures: false,
    ...given,
  };
  const counts = ['batch', 'textContext', 'prefillRows', 'crossSplits'] as const;
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
  return options;
}

/** The largest divisor of n up to `most`. */
export function divisor(n: number, most: number): number {
  let d = Math.min(n, most);
  while (n % d !== 0) d--;
  return d;
}
