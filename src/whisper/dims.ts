// Dimensions of the models openai published, for planning without weights. A model that is loaded brings its own.

import type { ModelDimensions } from '../formats/dims.ts';

export type { ModelDimensions } from '../formats/dims.ts';

const V_ENGLISH = 51864;
const V_MULTILINGUAL = 51865;
const V_LARGE_V3 = 51866;

function dims(state: number, head: number, audio: number, text: number, n_vocab: number, n_mels = 80): ModelDimensions {
  return {
    n_mels,
    n_audio_ctx: 1500,
    n_audio_state: state,
    n_audio_head: head,
    n_audio_layer: audio,
    n_vocab,
    n_text_ctx: 448,
    n_text_state: state,
    n_text_head: head,
    n_text_layer: text,
  };
}

/** openai/whisper __init__.py _MODELS and the distil-whisper models, by name. */
export const PUBLISHED_DIMS: Readonly<Record<string, ModelDimensions>> = {
  'tiny.en': dims(384, 6, 4, 4, V_ENGLISH),
  tiny: dims(384, 6, 4, 4, V_MULTILINGUAL),
  'base.en': dims(512, 8, 6, 6, V_ENGLISH),
  base: dims(512, 8, 6, 6, V_MULTILINGUAL),
  'small.en': dims(768, 12, 12, 12, V_ENGLISH),
  small: dims(768, 12, 12, 12, V_MULTILINGUAL),
  'medium.en': dims(1024, 16, 24, 24, V_ENGLISH),
  medium: dims(1024, 16, 24, 24, V_MULTILINGUAL),
  'large-v1': dims(1280, 20, 32, 32, V_MULTILINGUAL),
  'large-v2': dims(1280, 20, 32, 32, V_MULTILINGUAL),
  'large-v3': dims(1280, 20, 32, 32, V_LARGE_V3, 128),
  turbo: dims(1280, 20, 32, 4, V_LARGE_V3, 128),
  'distil-small.en': dims(768, 12, 12, 4, V_ENGLISH),
  'distil-medium.en': dims(1024, 16, 24, 2, V_ENGLISH),
  'distil-large-v2': dims(1280, 20, 32, 2, V_MULTILINGUAL),
  'distil-large-v3': dims(1280, 20, 32, 2, V_LARGE_V3, 128),
};
