// The models and op shapes that the suite goes through: the published ones, or tiny ones of the same make to rehearse it with.

import { type ModelDimensions, PUBLISHED_DIMS } from '../../src/whisper/dims.ts';

export interface Shapes {
  readonly name: 'published' | 'tiny';
  /** Largest first: if time runs out, the small ones are missed least. */
  readonly models: Readonly<Record<string, ModelDimensions>>;
  /** Models whose ops are timed alone. */
  readonly opsOf: readonly string[];
  /** Tokens of a measurement, and how often it is done; the least counts. */
  readonly tokens: number;
  readonly repeats: number;
  /** Windows decoded together by the streamed model. */
  readonly batches: readonly number[];
}

const SIZES = ['large-v3', 'turbo', 'medium', 'small', 'base', 'tiny'];

function published(): Shapes {
  const models = Object.fromEntries(SIZES.map((name) => [name, PUBLISHED_DIMS[name]!]));
  return { name: 'published', models, opsOf: ['medium', 'large-v3'], tokens: 32, repeats: 3, batches: [1, 8, 32] };
}

/** Two layers of one or two heads and 60 rows of audio under each published name. */
function tiny(): Shapes {
  const shrunk = (dims: ModelDimensions): ModelDimensions => {
    const heads = Math.ceil(dims.n_audio_head / 10);
    const side = { n_audio_state: 64 * heads, n_text_state: 64 * heads, n_audio_head: heads, n_text_head: heads };
    return { ...dims, ...side, n_audio_ctx: 60, n_text_ctx: 48, n_audio_layer: 2, n_text_layer: 2 };
  };
  const models = Object.fromEntries(SIZES.map((name) => [name, shrunk(PUBLISHED_DIMS[name]!)]));
  return { name: 'tiny', models, opsOf: ['medium', 'large-v3'], tokens: 4, repeats: 1, batches: [1, 2, 4] };
}

/** Both by name. */
export const SHAPES: Readonly<Record<Shapes['name'], () => Shapes>> = { published, tiny };
