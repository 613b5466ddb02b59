// The public engine: a model loaded once, transcribing one audio after another.

import { type AudioInput, type AudioSource, openAudio } from '../audio/index.ts';
import { EngineStateError, MemoryError, OptionError } from '../errors.ts';
import { openModel } from '../formats/detect.ts';
import type { ModelFile } from '../formats/model_file.ts';
import type { AdapterOptions } from '../gpu/adapter.ts';
import { type Gpu, openGpu } from '../gpu/device.ts';
import { loadTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { type Configuration, fewerBits, fitBudget, modesOf } from './budget.ts';
import type { ModelDimensions } from './dims.ts';
import { WhisperEngine } from './engine.ts';
import { type GraphOptions, graphOptions, MODES } from './graph_options.ts';
import type { DetectedLanguage } from './language.ts';
import { findModel, tokenizerSource } from './model_folder.ts';
import { resolveOptions, type TranscribeOptions } from './options.ts';
import { decodeSingleWindow, detectSingleWindow, type SingleDecoding } from './single_window.ts';
import { weightChoice } from './stored_weights.ts';
import { type Transcription, transcribeAudio } from './transcribe.ts';
import { WEIGHT_PRECISIONS, type WeightPrecision, type WeightRule } from './weight_rules.ts';
import { alignmentHeads } from './words/alignment_heads.ts';

export interface LoadOptions
  extends AdapterOptions,
    Partial<Pick<GraphOptions, 'mode' | 'cross' | 'cache' | 'arithmetic'>> {
  /** How weight matrices are kept on the device; default as the file has them: ours each in its own format, others `f16`, bf16 `f32`. */
  readonly weights?: WeightPrecision;
  /** Other formats for matrices by openai's name, `*` standing for anything; the first rule that matches wins. */
  readonly weightRules?: readonly WeightRule[];
  /**
   * No more bytes of GPU memory than this. The fastest mode and weights that fit are taken, weights with fewer bits than the file's where
   * it must be; `mode` and `weights`, where given, stay as they are. `configuration` tells the choice.
   */
  readonly maxGpuBytes?: number;
  /** Sequences that can be decoded at once, for beamSize and bestOf. Default 1. */
  readonly sequences?: number;
  /** Make room for finding the times of words. Default false. */
  readonly words?: boolean;
  readonly signal?: AbortSignal;
}

export interface MemoryReport {
  /** Bytes of all GPU buffers, as planned before the first was made, and as made. They are equal. */
  readonly plannedBytes: number;
  readonly createdBytes: number;
  readonly weightBytes: number;
}

export interface TranscribeResult extends Transcription {
  readonly adapter: string;
  /** Seconds of audio, and of the call. */
  readonly duration: number;
  readonly elapsed: number;
  readonly memory: MemoryReport;
  /** Milliseconds spent waiting for each phase of the model. */
  readonly timings: Readonly<Record<string, number>>;
}

/** OpenAI's Whisper on a GPU. `await using whisper = await Whisper.load('tiny.en')`. */
export class Whisper {
  readonly dims: ModelDimensions;
  readonly tokenizer: Tokenizer;
  /** Name of the adapter. */
  readonly adapter: string;
  readonly #gpu: Gpu;
  readonly #engine: WhisperEngine;
  #state: 'idle' | 'busy' | 'disposed' = 'idle';

  /** What the model is run with, and why where a budget chose. */
  readonly configuration: Configuration;

  private constructor(gpu: Gpu, engine: WhisperEngine, tokenizer: Tokenizer, configuration: Configuration) {
    this.configuration = configuration;
    this.#gpu = gpu;
    this.#engine = engine;
    this.dims = engine.dims;
    this.tokenizer = tokenizer;
    this.adapter = gpu.name;
  }

  /**
   * Loads a model: a folder or file (Hugging Face, whisper.cpp, CTranslate2, openai's .pt, ours), or the name of one that came with the
   * package or lies in the user's cache. Default: the bundled tiny.en.
   * @throws ModelFileError, AdapterError, MemoryError, OptionError. Nothing stays behind.
   */
  static async load(pathOrName = 'tiny.en', options: LoadOptions = {}): Promise<Whisper> {
    const { adapter, robustness, poison, signal } = options;
    checkLoadOptions(options);
    const model = await openModel(findModel(pathOrName));
    let gpu: Gpu | undefined;
    try {
      const tokenizer = loadTokenizer(await tokenizerSource(model), model.dims);
      const { configuration, ...graph } = configure(model, options);
      gpu = await openGpu({ adapter, robustness, poison });
      const engine = await WhisperEngine.load(gpu, model, { ...graph, maxGpuBytes: options.maxGpuBytes, signal });
      return new Whisper(gpu, engine, tokenizer, configuration);
    } catch (error) {
      await gpu?.close();
      await model.file.close();
      throw error;
    }
  }

  /**
   * Text, segments and language of an audio file, its bytes, a stream of them, or 16 kHz mono samples.
   * @throws AudioError, OptionError, DeviceError, the signal's reason; EngineStateError while another call runs. Usable afterwards.
   */
  async transcribe(audio: AudioInput, options: TranscribeOptions = {}): Promise<TranscribeResult> {
    const began = performance.now();
    return this.#listen('transcribe', audio, options.signal, async (source) => {
      this.#engine.resetTimings();
      const resolved = resolveOptions(options, this.tokenizer, this.#engine.options);
      const result = await transcribeAudio(this.#engine, this.tokenizer, source, resolved);
      return {
        ...result,
        adapter: this.adapter,
        duration: source.duration,
        elapsed: (performance.now() - began) / 1000,
        memory: this.memory,
        timings: this.#engine.timings,
      };
    });
  }

  /**
   * Decodes the first 30 s once, at the first temperature: openai/whisper's `decode`. Errors as of transcribe.
   */
  async decode(audio: AudioInput, options: TranscribeOptions = {}): Promise<SingleDecoding> {
    const resolved = resolveOptions(options, this.tokenizer, this.#engine.options);
    return this.#listen('decode', audio, options.signal, (source) =>
      decodeSingleWindow(this.#engine, this.tokenizer, source, resolved),
    );
  }

  /** Language of the first 30 s, with the probabilities of all. @throws OptionError where the model knows English only. */
  async detectLanguage(
    audio: AudioInput,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<DetectedLanguage> {
    if (!this.tokenizer.isMultilingual) {
      throw new OptionError('detectLanguage: expected a multilingual model, got one that knows English only');
    }
    return this.#listen('detectLanguage', audio, signal, (source) =>
      detectSingleWindow(this.#engine, this.tokenizer, source, signal),
    );
  }

  /** True where the adapter computes on the CPU. */
  get isSoftware(): boolean {
    return this.#gpu.caps.cpu;
  }

  get memory(): MemoryReport {
    const { buffers } = this.#engine.program;
    const bytes = (of: readonly { readonly bytes: number }[]) => of.reduce((sum, b) => sum + b.bytes, 0);
    return {
      plannedBytes: bytes(buffers),
      createdBytes: this.#gpu.memory.live,
      weightBytes: bytes(buffers.filter((b) => b.use === 'weights')),
    };
  }

  /** Frees the device and all its memory. Later calls throw; a second dispose does nothing. */
  async dispose(): Promise<void> {
    if (this.#state === 'disposed') return;
    this.#enter('dispose');
    this.#state = 'disposed';
    await this.#engine.dispose();
    await this.#gpu.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Opens the audio for one call, alone, and looks at the device and its memory afterwards. */
  async #listen<T>(
    call: string,
    audio: AudioInput,
    signal: AbortSignal | undefined,
    body: (source: AudioSource) => Promise<T>,
  ): Promise<T> {
    this.#enter(call);
    try {
      await using source = await openAudio(audio, { signal });
      const result = await body(source);
      this.#gpu.check();
      requirePlanned(this.memory);
      return result;
    } finally {
      this.#state = 'idle';
    }
  }

  #enter(call: string): void {
    if (this.#state !== 'idle') {
      throw new EngineStateError(
        `${call}: expected an idle engine because it runs one call at a time, got a ${this.#state} one`,
      );
    }
    this.#state = 'busy';
  }
}

/** The graph's options: as given, and as the budget has it where there is one. */
function configure(
  model: ModelFile,
  { mode, cross, weights, weightRules, cache, arithmetic, sequences = 1, words, maxGpuBytes }: LoadOptions,
): GraphOptions & { readonly configuration: Configuration } {
  const { dims } = model;
  const fixed = { cross, cache, arithmetic, batch: sequences, alignment: words ? alignmentHeads(dims) : [] };
  const stored = weightChoice(model, { weights, weightRules });
  if (maxGpuBytes === undefined) {
    const options = graphOptions(dims, { ...fixed, ...stored, mode });
    return { ...options, configuration: { mode: options.mode, weights: options.weights, reason: 'as asked for' } };
  }
  const choices = weights === undefined ? fewerBits(stored) : [stored];
  return fitBudget(dims, fixed, { modes: modesOf(mode), choices }, maxGpuBytes);
}

/** The promise of the package: no byte was made that was not planned. */
function requirePlanned({ plannedBytes, createdBytes }: MemoryReport): void {
  if (plannedBytes !== createdBytes) {
    throw new MemoryError(`transcribe: expected the ${plannedBytes} bytes planned, got ${createdBytes} created`);
  }
}

const LOAD_OPTIONS = [
  'adapter',
  'robustness',
  'poison',
  'mode',
  'cross',
  'weights',
  'weightRules',
  'maxGpuBytes',
  'cache',
  'arithmetic',
  'sequences',
  'words',
  'signal',
];

function checkLoadOptions(options: LoadOptions): void {
  const unknown = Object.keys(options).find((name) => !LOAD_OPTIONS.includes(name));
  if (unknown)
    throw new OptionError(`Whisper.load: expected options among ${LOAD_OPTIONS.join(', ')}, got '${unknown}'`);
  const choices = {
    mode: MODES,
    cross: ['stored', 'absorbed'],
    weights: WEIGHT_PRECISIONS,
    cache: ['f16', 'f32'],
    arithmetic: ['w8a32', 'w8a8'],
  } as const;
  for (const [name, allowed] of Object.entries(choices)) {
    const given = options[name as keyof typeof choices];
    if (given !== undefined && !(allowed as readonly string[]).includes(given)) {
      throw new OptionError(`Whisper.load: expected ${name} among ${allowed.join(', ')}, got '${given}'`);
    }
  }
}
