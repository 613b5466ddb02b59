// The rows of the speed suite, as data, and the models that ours are loaded from.

import { join } from 'node:path';
import { convertModel } from '../../src/index.ts';
import {
  type Engine,
  TRANSFORMERS_JS,
  type Variant,
  WHISPER_CPP,
  WHISPER_CPP_CPU,
  WHISPER_WGSL,
} from '../engines/engines.ts';

const OUR_WEIGHTS = ['f16', 'int8', 'int4'] as const;

const VARIANTS: readonly { readonly engine: Engine; readonly variants: readonly Variant[] }[] = [
  { engine: WHISPER_WGSL, variants: OUR_WEIGHTS.map((weights) => ({ label: weights, options: { weights } })) },
  { engine: TRANSFORMERS_JS, variants: ['fp16', 'q8', 'q4'].map((dtype) => ({ label: dtype, options: { dtype } })) },
  {
    engine: WHISPER_CPP,
    variants: [
      { label: 'f16', options: { file: 'ggml-f16.bin', flash: false } },
      { label: 'f16, flash', options: { file: 'ggml-f16.bin', flash: true } },
      { label: 'q8_0, flash', options: { file: 'ggml-q8_0.bin', flash: true } },
    ],
  },
  { engine: WHISPER_CPP_CPU, variants: [{ label: 'q8_0', options: { file: 'ggml-q8_0.bin' } }] },
];

export interface Task {
  readonly engine: Engine;
  readonly variant: Variant;
  readonly model: string;
}

export const ENGINE_NAMES: readonly string[] = VARIANTS.map(({ engine }) => engine.name);

export function allTasks(models: readonly string[]): Task[] {
  return models.flatMap((model) =>
    VARIANTS.flatMap(({ engine, variants }) => variants.map((variant) => ({ engine, variant, model }))),
  );
}

/** False for the mark that is set by a CPU. */
export function usesGpu({ engine }: Task): boolean {
  return engine !== WHISPER_CPP_CPU;
}

/** Model folder or file by task, or why there is none. Ours are converted into `folder` first, as peers' files are made beforehand. */
export async function prepareModel(task: Task, folder: string): Promise<ReturnType<Engine['model']>> {
  const { engine, variant, model } = task;
  const found = engine.model(model, variant);
  if ('missing' in found || engine !== WHISPER_WGSL) return found;
  const path = join(folder, `${model}-${variant.label}`);
  await convertModel(found.path, path, { weights: variant.options['weights'] as (typeof OUR_WEIGHTS)[number] });
  return { path };
}
