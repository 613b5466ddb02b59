// A model on a device with its tokenizer: the engine itself, for those who look closer than `Whisper` lets them.

import { openModel } from '../formats/detect.ts';
import { type Gpu, openGpu } from '../gpu/device.ts';
import { TIMING_BYTES } from '../gpu/timed_submitter.ts';
import { loadTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import type { Configuration } from './budget.ts';
import { WhisperEngine } from './engine.ts';
import { checkLoadOptions, configure, type LoadOptions } from './load_options.ts';
import { findModel, tokenizerSource } from './model_folder.ts';

export interface LoadedEngine extends AsyncDisposable {
  readonly gpu: Gpu;
  readonly engine: WhisperEngine;
  readonly tokenizer: Tokenizer;
  readonly configuration: Configuration;
}

/**
 * Loads what `Whisper.load` loads.
 * @throws ModelFileError, AdapterError, MemoryError, OptionError. Nothing stays behind.
 */
export async function loadEngine(pathOrName: string, options: LoadOptions): Promise<LoadedEngine> {
  const { adapter, robustness, poison, maxGpuBytes, profile, signal } = options;
  checkLoadOptions(options);
  const model = await openModel(findModel(pathOrName));
  let gpu: Gpu | undefined;
  try {
    const tokenizer = loadTokenizer(await tokenizerSource(model), model.dims);
    const { configuration, ...graph } = configure(model, profile ? lessTiming(options) : options);
    const opened = await openGpu({ adapter, robustness, poison });
    gpu = opened;
    const engine = await WhisperEngine.load(opened, model, { ...graph, maxGpuBytes, profile, signal });
    const dispose = () => engine.dispose().finally(() => opened.close());
    return { gpu: opened, engine, tokenizer, configuration, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await gpu?.close();
    await model.file.close();
    throw error;
  }
}

/** The budget that is left for the model where the profiler takes its share. */
function lessTiming(options: LoadOptions): LoadOptions {
  if (options.maxGpuBytes === undefined) return options;
  return { ...options, maxGpuBytes: options.maxGpuBytes - TIMING_BYTES };
}
