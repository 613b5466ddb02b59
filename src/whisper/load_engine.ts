// A model on a device with its tokenizer: the engine itself, for those who look closer than `Whisper` lets them.

import { openModel } from '../formats/detect.ts';
import { type Gpu, openGpu } from '../gpu/device.ts';
import { TIMING_BYTES } from '../gpu/timed_submitter.ts';
import { type Chooser, chooserOf, readStore } from '../gpu/tune_store.ts';
import { loadTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { WhisperEngine } from './engine.ts';
import {
  checkLoadOptions,
  configure,
  type LoadedConfiguration,
  type LoadOptions,
  type Tuning,
} from './load_options.ts';
import { findModel, tokenizerSource } from './model_folder.ts';

export interface LoadedEngine extends AsyncDisposable {
  readonly gpu: Gpu;
  readonly engine: WhisperEngine;
  readonly tokenizer: Tokenizer;
  readonly configuration: LoadedConfiguration;
}

/**
 * Loads what `Whisper.load` loads.
 * @throws ModelFileError, AdapterError, MemoryError, OptionError. Nothing stays behind.
 */
export async function loadEngine(pathOrName: string, options: LoadOptions): Promise<LoadedEngine> {
  const { adapter, robustness, poison, maxGpuBytes, profile, tuned = true, signal } = options;
  checkLoadOptions(options);
  const model = await openModel(findModel(pathOrName));
  let gpu: Gpu | undefined;
  try {
    const tokenizer = loadTokenizer(await tokenizerSource(model), model.dims);
    const { configuration, ...graph } = configure(model, profile ? lessTiming(options) : options);
    const opened = await openGpu({ adapter, robustness, poison });
    gpu = opened;
    const { chooser, tuning } = tuned ? await storedChoices(opened) : UNTUNED;
    const engine = await WhisperEngine.load(opened, model, {
      ...graph,
      maxGpuBytes,
      profile,
      signal,
      choose: chooser?.choose,
    });
    const dispose = () => engine.dispose().finally(() => opened.close());
    return {
      gpu: opened,
      engine,
      tokenizer,
      configuration: { ...configuration, tuned: tuning() },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await gpu?.close();
    await model.file.close();
    throw error;
  }
}

/** How kernels are chosen, and what is to be said of it once they are. */
interface Tuned {
  readonly chooser: Chooser | undefined;
  tuning(): Tuning;
}

const UNTUNED: Tuned = { chooser: undefined, tuning: () => ({ used: false, reason: 'tuned: false was asked for' }) };

/** What is stored for the adapter. A file that cannot be used is warned of, once. */
async function storedChoices(gpu: Gpu): Promise<Tuned> {
  const store = await readStore(gpu);
  if (!store.choices) {
    const reason = `${store.reason}: default kernels; \`whisper-wgsl tune\` measures them`;
    if (store.state === 'unusable') warnOnce(reason);
    return { chooser: undefined, tuning: () => ({ used: false, reason }) };
  }
  const chooser = chooserOf(store.choices);
  const tuning = () => {
    const { found, changed } = chooser.counts;
    const reason = `${store.path} knows ${found} dispatches and changes the kernels of ${changed}`;
    return { used: found > 0, reason };
  };
  return { chooser, tuning };
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  process.emitWarning(message, 'WhisperWarning');
}

/** The budget that is left for the model where the profiler takes its share. */
function lessTiming(options: LoadOptions): LoadOptions {
  if (options.maxGpuBytes === undefined) return options;
  return { ...options, maxGpuBytes: options.maxGpuBytes - TIMING_BYTES };
}
