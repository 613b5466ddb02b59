// The public engine: a model loaded once, transcribing one audio after another.

import { type AudioInput, type AudioSource, openAudio } from '../audio/index.ts';
import { EngineStateError, MemoryError, OptionError } from '../errors.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Profile } from '../gpu/profile.ts';
import { weightBytes } from '../graph/program.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { ModelDimensions } from './dims.ts';
import type { WhisperEngine } from './engine.ts';
import type { DetectedLanguage } from './language.ts';
import { type LoadedEngine, loadEngine } from './load_engine.ts';
import type { LoadedConfiguration, LoadOptions } from './load_options.ts';
import { resolveOptions, type TranscribeOptions } from './options.ts';
import { decodeSingleWindow, detectSingleWindow, type SingleDecoding } from './single_window.ts';
import type { Transcription } from './transcribe.ts';
import { transcribeFile, transcribeFiles } from './transcribe_files.ts';

export type { LoadOptions } from './load_options.ts';

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
  readonly configuration: LoadedConfiguration;

  private constructor({ gpu, engine, tokenizer, configuration }: LoadedEngine) {
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
    return new Whisper(await loadEngine(pathOrName, options));
  }

  /**
   * Text, segments and language of an audio file, its bytes, a stream of them, or 16 kHz mono samples. Clips that do not know the text
   * before them (conditionOnPreviousText: false) are decoded together, as many as the engine was loaded with audios.
   * @throws AudioError, OptionError, DeviceError, the signal's reason; EngineStateError while another call runs. Usable afterwards.
   */
  async transcribe(audio: AudioInput, options: TranscribeOptions = {}): Promise<TranscribeResult> {
    const began = performance.now();
    return this.#listen('transcribe', audio, options.signal, async (source) => {
      this.#engine.resetTimings();
      const resolved = resolveOptions(options, this.tokenizer, this.#engine.options);
      const result = await transcribeFile(this.#engine, this.tokenizer, source, resolved);
      return this.#report(result, source.duration, began);
    });
  }

  #report(result: Transcription, duration: number, began: number): TranscribeResult {
    const elapsed = (performance.now() - began) / 1000;
    const { adapter, memory } = this;
    return { ...result, adapter, duration, elapsed, memory, timings: this.#engine.timings };
  }

  /**
   * Transcribes files, as many together as the engine was loaded with audios: each result is what transcribe gives alone, in the order of
   * the files, or the error that ended it. Times are of the whole call. A signal ends all of them.
   */
  async transcribeAll(
    audios: readonly AudioInput[],
    options: TranscribeOptions = {},
  ): Promise<PromiseSettledResult<TranscribeResult>[]> {
    this.#enter('transcribeAll');
    try {
      this.#engine.resetTimings();
      const resolved = resolveOptions(options, this.tokenizer, this.#engine.options);
      const began = performance.now();
      const results = await transcribeFiles(this.#engine, this.tokenizer, audios, resolved, (result, { duration }) =>
        this.#report(result, duration, began),
      );
      this.#gpu.check();
      requirePlanned(this.memory);
      return results;
    } finally {
      this.#state = 'idle';
    }
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

  /**
   * Where the time went since the model was loaded or this was called last.
   * @throws OptionError unless it was loaded with `profile`; EngineStateError while a call runs.
   */
  takeProfile(): Profile {
    const { profiler } = this.#engine;
    if (!profiler) throw new OptionError('takeProfile: expected a model loaded with profile, got one without');
    this.#enter('takeProfile');
    this.#state = 'idle';
    return profiler.take();
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
      weightBytes: weightBytes(buffers),
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

/** The promise of the package: no byte was made that was not planned. */
function requirePlanned({ plannedBytes, createdBytes }: MemoryReport): void {
  if (plannedBytes !== createdBytes) {
    throw new MemoryError(`transcribe: expected the ${plannedBytes} bytes planned, got ${createdBytes} created`);
  }
}
