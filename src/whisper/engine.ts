// A model on a device: uploads windows and prompts, runs the phases, reads tokens. It knows tensors by name and nothing of text.

import { planMemory } from '../allocator/plan.ts';
import { EngineStateError, MemoryError } from '../errors.ts';
import type { ModelFile } from '../formats/model_file.ts';
import type { Gpu } from '../gpu/device.ts';
import { GpuExecutor, type RunOptions } from '../gpu/executor.ts';
import { Profiler } from '../gpu/profiler.ts';
import { timedDispatches } from '../gpu/timed_submitter.ts';
import type { Graph } from '../graph/graph.ts';
import { type CompileOptions, compile, type Program } from '../graph/program.ts';
import { CURSOR, type DecodingRules, packRules, packSuppressed } from '../ops/decoding_tables.ts';
import { NO_SEQUENCE, packRows, type Row } from '../ops/rows.ts';
import type { Candidate } from './beam_search.ts';
import { scoreColumns } from './decoding_phases.ts';
import type { ModelDimensions } from './dims.ts';
import { type GraphOptions, graphOptions } from './graph_options.ts';
import { loadWeights } from './load_weights.ts';
import { whisperGraph, windowSamples } from './model.ts';
import { vocabRows } from './model_weights.ts';
import { PageTable } from './sequences.ts';

/** log10 of mel power that openai clamps to: the maximum of a file with nothing in it. */
const LEAST_LOG_MEL = -10;

export interface EngineOptions extends Partial<GraphOptions> {
  /** Refuse to make more bytes of buffers than this. */
  readonly maxGpuBytes?: number | undefined;
  /** Measure when every dispatch runs; see `profiler`. Default false. */
  readonly profile?: boolean | undefined;
  /** Picks among the kernels of a dispatch; default the one that suits best before anything was measured. */
  readonly choose?: CompileOptions['choose'];
  readonly signal?: AbortSignal;
}

/** A token as the device picked it, with its log probability under the filtered distribution. */
export interface SampledToken {
  readonly token: number;
  readonly logprob: number;
}

export interface AlignedTokens {
  readonly scores: Float32Array;
  readonly probabilities: Float32Array;
}

export class WhisperEngine {
  readonly dims: ModelDimensions;
  readonly options: GraphOptions;
  readonly graph: Graph;
  readonly program: Program;
  /** Where it was asked for. */
  readonly profiler: Profiler | undefined;
  readonly #executor: GpuExecutor;
  readonly #model: ModelFile;

  private constructor(
    model: ModelFile,
    options: GraphOptions,
    graph: Graph,
    executor: GpuExecutor,
    profiler: Profiler | undefined,
  ) {
    this.profiler = profiler;
    this.dims = model.dims;
    this.#model = model;
    this.options = options;
    this.graph = graph;
    this.program = executor.program;
    this.#executor = executor;
  }

  /**
   * Plans, makes every buffer, compiles every kernel and uploads the weights that stay. On an error nothing stays behind.
   * The model's file is the engine's from here on: closed at once, or at the end where weights are swapped.
   */
  static async load(
    gpu: Gpu,
    model: ModelFile,
    { signal, maxGpuBytes, profile = false, choose, ...given }: EngineOptions = {},
  ): Promise<WhisperEngine> {
    let executor: GpuExecutor | undefined;
    try {
      const options = graphOptions(model.dims, given);
      const graph = whisperGraph(model.dims, options);
      const timed = profile ? timedDispatches(gpu) : 0;
      const layout = planMemory(graph, gpu.planLimits);
      const program = compile(graph, layout, gpu.caps, { timedDispatches: timed, choose });
      requireBudget(program, maxGpuBytes);
      const profiler = profile ? new Profiler(graph, gpu.name, timed > 0 ? 'timestamps' : 'submits') : undefined;
      const write = (to: Pick<GpuExecutor, 'write'>, which: { names?: readonly string[]; signal?: AbortSignal }) =>
        loadWeights(model, graph, (name, bytes, offset) => to.write(name, bytes, offset), which);
      const made = await GpuExecutor.create(gpu, graph, program, { profiler, fill: (to) => write(to, { signal }) });
      executor = made;
      made.writeWeights = (names) => write(made, { names });
      const engine = new WhisperEngine(model, options, graph, made, profiler);
      if (program.swapped.every((names) => names.length === 0)) await model.file.close();
      profiler?.take(); // of loading
      return engine;
    } catch (error) {
      await executor?.destroy();
      await model.file.close();
      throw error;
    }
  }

  get executor(): GpuExecutor {
    return this.#executor;
  }

  /** Milliseconds spent waiting for each phase since the last reset. */
  get timings(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#executor.elapsed);
  }

  resetTimings(): void {
    this.#executor.elapsed.clear();
  }

  /** Forgets the loudest log-mel value seen; before the first window of a file. */
  async resetMel(): Promise<void> {
    await this.#write('mel_highest', new Float32Array([LEAST_LOG_MEL]));
  }

  /** Log-mel of a window's samples (src/whisper/mel.ts says which), and the file's maximum so far. */
  async mel(samples: Float32Array, signal?: AbortSignal): Promise<void> {
    if (samples.length !== windowSamples(this.dims)) {
      throw new EngineStateError(`mel: expected ${windowSamples(this.dims)} samples, got ${samples.length}`);
    }
    await this.#write('samples', samples);
    await this.#executor.run('mel', { signal });
  }

  /** Encodes the window whose mel was computed last, of which `contentFrames` frames hold audio, as audio `slot` of those decoded together. */
  async encode(contentFrames: number, signal?: AbortSignal, slot = 0): Promise<void> {
    await this.#write('content_frames', new Uint32Array([contentFrames]));
    await this.#executor.run('encode', { signal });
    // An input has its bytes from the first phase on that reads it: no earlier.
    if (this.options.audios > 1) await this.#write('slot', new Uint32Array([slot]));
    await this.#executor.run('cross', { signal });
  }

  /** Begins a decoding of the encoded window: empty sequences under these rules. */
  async begin(rules: DecodingRules, suppressed: Iterable<number>): Promise<void> {
    const { batch, textContext } = this.options;
    await this.#write('rules', packRules(rules));
    await this.#write('suppressed', packSuppressed(suppressed, this.dims.n_vocab));
    await this.#write('cursor', new Uint32Array(batch * CURSOR.words));
    if (batch > 1) await this.writePages(new PageTable(batch, textContext));
  }

  /** Feeds prompt tokens from `position` on: of the first sequence, where all listen to one audio, or of the one given. */
  async prefill(tokens: readonly number[], position: number, signal?: AbortSignal, sequence = 0): Promise<void> {
    const { prefillRows: capacity, batch, audios } = this.options;
    for (let i = 0; i < tokens.length; i += capacity) {
      const run = tokens.slice(i, i + capacity);
      const rows = run.map((token, j): Row => ({ token, position: position + i + j, sequence, first: 0 }));
      await this.#write('prompt_rows', packRows(rows, capacity));
      const last = (s: number) => (audios === 1 || s === sequence ? run.length - 1 : NO_SEQUENCE);
      await this.#write(
        'last_rows',
        Uint32Array.from({ length: batch }, (_, s) => last(s)),
      );
      await this.#executor.run('prefill', { signal });
    }
  }

  /** Probability of <|nospeech|> after the last prompt token of each sequence. */
  async noSpeechProbs(): Promise<readonly number[]> {
    const cursor = new Float32Array((await this.#executor.runAndRead('probe', { tensor: 'cursor' })).buffer);
    return Array.from({ length: this.options.batch }, (_, s) => cursor[s * CURSOR.words + CURSOR.noSpeech]!);
  }

  /** Logits of tokens [first, first + count) after the last prompt token of a sequence, under no rule. */
  async logits(first: number, count: number, sequence = 0): Promise<Float32Array> {
    const offset = (sequence * vocabRows(this.dims) + first) * 4;
    const logits = await this.#executor.runAndRead('probe', { tensor: 'probe.logits', offset, bytes: count * 4 });
    return new Float32Array(logits.buffer);
  }

  /** Which positions sequences share; where there are several. */
  async writePages(pages: PageTable): Promise<void> {
    await this.#write('pages', pages.words);
  }

  /** Picks the token after a prompt that ends at `position`, for each of so many sequences that go on from it. */
  async sample(position: number, sequences = 1): Promise<readonly SampledToken[][]> {
    const { batch, textContext } = this.options;
    const rows = Array.from({ length: sequences }, (_, s): Row => ({ token: 0, position, sequence: s, first: s }));
    await this.#write('step_rows', packRows(rows, batch));
    if (batch > 1) await this.writePages(new PageTable(batch, textContext, position + 1));
    return this.#pick('sample', 0, 1, sequences);
  }

  /** Picks the token after a prompt of their own that ends at these positions; sequences without one are not in use. */
  async sampleEach(positions: readonly (number | undefined)[]): Promise<readonly SampledToken[][]> {
    const rows = positions.map((position, s): Row => {
      const used = position !== undefined;
      return { token: 0, position: position ?? 0, sequence: used ? s : NO_SEQUENCE, first: s };
    });
    await this.#write('step_rows', packRows(rows, this.options.batch));
    return this.#pick('sample', 0, 1, positions.length);
  }

  /** Tokens to pick in one go: what comes after the end is wasted, a read-back after each costs a fast device time. */
  get stride(): number {
    return this.#executor.streams('step') || this.#executor.gpu.caps.cpu ? 1 : 4;
  }

  /** Picks `count` more tokens of each sequence, of which `sampled` were picked before; what follows eot is eot. */
  step(
    sampled: number,
    count: number,
    sequences = 1,
    options?: Pick<RunOptions, 'ahead' | 'signal'>,
  ): Promise<readonly SampledToken[][]> {
    return this.#pick('step', sampled, count, sequences, { times: count, ...options });
  }

  /** The most probable tokens of every sequence, one more than there are sequences: after the prompt. */
  rank(): Promise<readonly Candidate[][]> {
    return this.#candidates('rank');
  }

  /** The same after a step of rows and cursors as given. */
  async extend(rows: Uint32Array, cursor: Uint32Array, signal?: AbortSignal): Promise<readonly Candidate[][]> {
    await this.#write('step_rows', rows);
    await this.#write('cursor', cursor);
    return this.#candidates('extend', { signal });
  }

  /**
   * Feeds a finished text from position 0 on, the prompt's begin included.
   * @returns scores of the alignment heads, f32[heads, tokens, scoreColumns], and of each token but the first its probability among text tokens.
   */
  async align(tokens: readonly number[], signal?: AbortSignal): Promise<AlignedTokens> {
    const { prefillRows: capacity, alignment, batch, textContext } = this.options;
    const columns = scoreColumns(this.dims);
    const scores = new Float32Array(alignment.length * tokens.length * columns);
    const probabilities = new Float32Array(tokens.length);
    if (batch > 1) await this.writePages(new PageTable(batch, textContext));
    for (let i = 0; i < tokens.length; i += capacity) {
      const run = tokens.slice(i, i + capacity);
      const rows = run.map((token, j): Row => ({ token, position: i + j, sequence: 0, first: 0 }));
      await this.#write('prompt_rows', packRows(rows, capacity));
      await this.#write(
        'align.targets',
        Uint32Array.from({ length: capacity }, (_, j) => tokens[i + j + 1] ?? 0),
      );
      await this.#executor.run('align', { signal });
      for (let head = 0; head < alignment.length; head++) {
        const bytes = await this.#executor.read(
          'align.scores',
          head * capacity * columns * 4,
          run.length * columns * 4,
        );
        scores.set(new Float32Array(bytes.buffer), (head * tokens.length + i) * columns);
      }
      const probs = new Float32Array((await this.#executor.read('align.probs')).buffer);
      probabilities.set(probs.subarray(0, Math.min(run.length, tokens.length - i - 1)), i + 1);
    }
    return { scores, probabilities };
  }

  async dispose(): Promise<void> {
    await this.#executor.destroy();
    await this.#model.file.close();
  }

  /** What a phase picked as tokens `begin` to `begin + count` of each sequence. */
  async #pick(
    phase: string,
    begin: number,
    count: number,
    sequences: number,
    options?: RunOptions,
  ): Promise<SampledToken[][]> {
    const stride = this.options.textContext * 2; // words: a token and its log probability
    const bytes = ((sequences - 1) * stride + 2 * count) * 4;
    const { buffer } = await this.#executor.runAndRead(phase, { tensor: 'ring', offset: begin * 8, bytes }, options);
    const words = new Uint32Array(buffer);
    const floats = new Float32Array(buffer);
    const picked = (at: number): SampledToken => ({ token: words[at]!, logprob: floats[at + 1]! });
    return Array.from({ length: sequences }, (_, s) =>
      Array.from({ length: count }, (_, i) => picked(s * stride + 2 * i)),
    );
  }

  async #candidates(phase: string, options?: RunOptions): Promise<Candidate[][]> {
    const count = this.options.batch + 1;
    const top = new Float32Array((await this.#executor.runAndRead(phase, { tensor: 'top' }, options)).buffer);
    // Where the rules leave fewer tokens, others stand in that can never win.
    const candidate = (i: number): Candidate =>
      top[2 * i + 1]! > -1e29
        ? { token: top[2 * i]!, logprob: top[2 * i + 1]! }
        : { token: i % count, logprob: Number.NEGATIVE_INFINITY };
    return Array.from({ length: count - 1 }, (_, s) =>
      Array.from({ length: count }, (_, k) => candidate(s * count + k)),
    );
  }

  #write(tensor: string, data: Float32Array | Uint32Array): Promise<void> {
    return this.#executor.write(tensor, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}

/** The device's own limits may ask for more buffers than a plan without it. */
function requireBudget({ buffers }: Program, maxGpuBytes = Number.POSITIVE_INFINITY): void {
  const planned = buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  if (planned <= maxGpuBytes) return;
  throw new MemoryError(`engine: expected a plan of at most ${maxGpuBytes} bytes on this device, got ${planned}`);
}
