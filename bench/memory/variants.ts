// The rows of the memory suite, as data: one line for each way to run an engine.

import type { GraphOptions, LoadOptions } from '../../src/index.ts';
import { type Engine, TRANSFORMERS_JS, type Variant, WHISPER_CPP, WHISPER_WGSL } from '../engines/engines.ts';

/** What both `Whisper.load` and a plan take. */
type OurOptions = Pick<LoadOptions, keyof LoadOptions & keyof GraphOptions>;

export const OURS: readonly (Variant & { readonly options: OurOptions })[] = [
  { label: 'f16', options: { weights: 'f16' } },
  { label: 'f16 absorbed', options: { weights: 'f16', mode: 'absorbed' } },
  { label: 'f16 streamed', options: { weights: 'f16', mode: 'streamed' } },
  { label: 'int8', options: { weights: 'int8' } },
  { label: 'int8 absorbed', options: { weights: 'int8', mode: 'absorbed' } },
  { label: 'int8 phased', options: { weights: 'int8', mode: 'phased' } },
  { label: 'int8 streamed', options: { weights: 'int8', mode: 'streamed' } },
  { label: 'int6 absorbed', options: { weights: 'int6', mode: 'absorbed' } },
  { label: 'int4 absorbed', options: { weights: 'int4', mode: 'absorbed' } },
  { label: 'int4 streamed', options: { weights: 'int4', mode: 'streamed' } },
];

export const VARIANTS: readonly { readonly engine: Engine; readonly variants: readonly Variant[] }[] = [
  { engine: WHISPER_WGSL, variants: OURS },
  {
    engine: TRANSFORMERS_JS,
    variants: [
      { label: 'fp16', options: { dtype: 'fp16' } },
      { label: 'q8', options: { dtype: 'q8' } },
      { label: 'q4', options: { dtype: 'q4' } },
    ],
  },
  {
    engine: WHISPER_CPP,
    variants: [
      { label: 'f16', options: { file: 'ggml-f16.bin', flash: false } },
      { label: 'f16, flash', options: { file: 'ggml-f16.bin', flash: true } },
      { label: 'q8_0, flash', options: { file: 'ggml-q8_0.bin', flash: true } },
      { label: 'q5_0, flash', options: { file: 'ggml-q5_0.bin', flash: true } },
    ],
  },
];
