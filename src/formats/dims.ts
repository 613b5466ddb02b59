// The dimensions of a Whisper model: taken from the shapes of its tensors, checked against whatever the file or its
// config.json declares. Never from a name. Only the head counts cannot be seen in a shape.

import { ModelFileError } from '../errors.ts';
import { type JsonObject, shown } from './json.ts';

/** openai/whisper model.py, ModelDimensions. */
export interface ModelDimensions {
  readonly n_mels: number;
  readonly n_audio_ctx: number;
  readonly n_audio_state: number;
  readonly n_audio_head: number;
  readonly n_audio_layer: number;
  readonly n_vocab: number;
  readonly n_text_ctx: number;
  readonly n_text_state: number;
  readonly n_text_head: number;
  readonly n_text_layer: number;
}

/** What some part of the model says about itself. */
export interface DeclaredDims {
  /** Named in errors: "config.json", "header" ... */
  readonly from: string;
  readonly dims: Partial<ModelDimensions>;
}

const HEAD_SIZE = 64; // of every published Whisper

const CONFIG_KEYS: Readonly<Record<keyof ModelDimensions, string>> = {
  n_mels: 'num_mel_bins',
  n_audio_ctx: 'max_source_positions',
  n_audio_state: 'd_model',
  n_audio_head: 'encoder_attention_heads',
  n_audio_layer: 'encoder_layers',
  n_vocab: 'vocab_size',
  n_text_ctx: 'max_target_positions',
  n_text_state: 'd_model',
  n_text_head: 'decoder_attention_heads',
  n_text_layer: 'decoder_layers',
};
export const DIMENSION_NAMES = Object.keys(CONFIG_KEYS) as readonly (keyof ModelDimensions)[];

/** The dimensions of a Hugging Face config.json; keys it lacks are left out. Throws ModelFileError for non-numbers. */
export function dimsFromConfig(config: JsonObject, from: string): DeclaredDims {
  return declareDims((name) => config[CONFIG_KEYS[name]], from);
}

/**
 * A record with OpenAI's names, of which some may be absent. Throws ModelFileError for what is not a positive integer.
 */
export function declareDims(value: (name: keyof ModelDimensions) => unknown, from: string): DeclaredDims {
  const dims: Partial<Record<keyof ModelDimensions, number>> = {};
  for (const name of DIMENSION_NAMES) {
    const given = value(name);
    if (given === undefined) continue;
    if (typeof given !== 'number' || !Number.isSafeInteger(given) || given < 1) {
      throw new ModelFileError(`${from}: expected ${name} to be a positive integer, got ${shown(given)}`);
    }
    dims[name] = given;
  }
  return { from, dims };
}

/**
 * Dimensions of a model whose tensors have these shapes (by OpenAI name) and these numbers of layers. Heads are as
 * declared, else state / 64. Throws ModelFileError when a declaration disagrees with the shapes or with another, naming
 * both.
 */
export function resolveDims(
  shape: (name: string) => readonly number[],
  layers: Pick<ModelDimensions, 'n_audio_layer' | 'n_text_layer'>,
  declared: readonly DeclaredDims[],
  path: string,
): ModelDimensions {
  const extent = (name: string, axis: number): number => shape(name)[axis] ?? 0;
  const seen = {
    n_mels: extent('encoder.conv1.weight', 1),
    n_audio_ctx: extent('encoder.positional_embedding', 0),
    n_audio_state: extent('encoder.positional_embedding', 1),
    n_audio_layer: layers.n_audio_layer,
    n_vocab: extent('decoder.token_embedding.weight', 0),
    n_text_ctx: extent('decoder.positional_embedding', 0),
    n_text_state: extent('decoder.positional_embedding', 1),
    n_text_layer: layers.n_text_layer,
  };
  const heads = (name: 'n_audio_head' | 'n_text_head', state: number): number =>
    declared.find(({ dims }) => dims[name] !== undefined)?.dims[name] ?? state / HEAD_SIZE;
  const dims: ModelDimensions = {
    ...seen,
    n_audio_head: heads('n_audio_head', seen.n_audio_state),
    n_text_head: heads('n_text_head', seen.n_text_state),
  };
  for (const { from, dims: said } of declared) {
    for (const name of DIMENSION_NAMES) {
      if (said[name] === undefined || said[name] === dims[name]) continue;
      const other = name in seen ? 'its tensors' : declared.find((each) => each.dims[name] !== undefined)!.from;
      throw new ModelFileError(
        `${path}: expected ${name} ${said[name]} because ${from} says so, got ${dims[name]} from ${other}`,
      );
    }
  }
  checkDims(dims, path);
  return dims;
}

function checkDims(dims: ModelDimensions, path: string): void {
  const zero = DIMENSION_NAMES.find((name) => !(dims[name] > 0));
  if (zero) throw new ModelFileError(`${path}: expected ${zero} above zero, got ${dims[zero]}`);
  if (dims.n_audio_state !== dims.n_text_state) {
    throw new ModelFileError(
      `${path}: expected n_text_state ${dims.n_audio_state} because cross-attention reads the encoder's state, ` +
        `got ${dims.n_text_state}`,
    );
  }
  for (const side of ['audio', 'text'] as const) {
    const [state, head] = [dims[`n_${side}_state`], dims[`n_${side}_head`]];
    if (Number.isInteger(head) && state % head === 0) continue;
    throw new ModelFileError(`${path}: expected n_${side}_head to divide n_${side}_state ${state}, got ${head}`);
  }
}

/** Shape that OpenAI's model has for one of its tensor names, outermost first. */
export function expectedShape(name: string, dims: ModelDimensions): readonly number[] {
  const audio = name.startsWith('encoder.');
  const state = audio ? dims.n_audio_state : dims.n_text_state;
  if (name.endsWith('.positional_embedding')) return [audio ? dims.n_audio_ctx : dims.n_text_ctx, state];
  if (name === 'decoder.token_embedding.weight') return [dims.n_vocab, state];
  if (name === 'encoder.conv1.weight') return [state, dims.n_mels, 3];
  if (name === 'encoder.conv2.weight') return [state, state, 3];
  if (name.endsWith('.mlp.0.weight')) return [4 * state, state];
  if (name.endsWith('.mlp.0.bias')) return [4 * state];
  if (name.endsWith('.mlp.2.weight')) return [state, 4 * state];
  return /attn\.(query|key|value|out)\.weight$/.test(name) ? [state, state] : [state];
}
