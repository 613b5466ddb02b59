// A model on a device: uploads windows and prompts, runs the phases, reads tokens. It knows tensors by name and nothing of text.

import { planMemory } from '../allocator/plan.ts';
import { EngineStateError } from '../errors.ts';
import type { ModelFile } from '../formats/model_file.ts';
import type { Gpu } from '../gpu/device.ts';
import { GpuExecutor } from '../gpu/executor.ts';
import type { Graph } from '../graph/graph.ts';
import { compile, type Program } from '../graph/program.ts';
import { CURSOR, type DecodingRules, packRules, packSuppressed } from '../ops/decoding_tables.ts';
import { packRows, type Row } from '../ops/rows.ts';
import type { ModelDimensions } from './dims.ts';
import { type GraphOptions, graphOptions } from './graph_options.ts';
import { loadWeights } from './load_weights.ts';
import { whisperGraph, windowSamples } from './model.ts';

/** log10 of mel power that openai clamps to: the maximum of a file with nothing in it. */
const LEAST_LOG_MEL = -10;

export interface EngineOptions extends Partial<GraphOptions> {
  readonly signal?: AbortSignal;
}

/** A token as the device picked it, with its log probability under the filtered distribution. */
export interface SampledToken {
  readonly token: number;
  readonly logprob: number;
}

export class WhisperEngine {
  readonly dims: ModelDimensions;
  readonly options: GraphOptions;
  readonly graph: Graph;
  readonly program: Program;
  readonly #executor: GpuExecutor;

  private constructor(dims: ModelDimensions, options: GraphOptions, graph: Graph, executor: GpuExecutor) {
    this.dims = dims;
    this.options = options;
    this.graph = graph;
    this.program = executor.program;
    this.#executor = executor;
  }

  /** Plans, makes every buffer, compiles every kernel and uploads the weights. On an error nothing stays behind. */
  static async load(gpu: Gpu, model: ModelFile, { signal, ...given }: EngineOptions = {}): Promise<WhisperEngine> {
    const options = graphOptions(model.dims, given);
    const graph = whisperGraph(model.dims, options);
    const layout = planMemory(graph, gpu.device.limits);
    const executor = await GpuExecutor.create(gpu, graph, compile(graph, layout, gpu.caps));
    try {
      await loadWeights(model, graph, (tensor, bytes, offset) => executor.write(tensor, bytes, offset), signal);
    } catch (error) {
      await executor.destroy();
      throw error;
    }
    return new WhisperEngine(model.dims, options, graph, executor);
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

  /** Encodes the window whose mel was computed last, of which `contentFrames` frames hold audio. */
  async encode(contentFrames: number, signal?: AbortSignal): Promise<void> {
    await this.#write('content_frames', new Uint32Array([contentFrames]));
    await this.#executor.run('encode', { signal });
    await this.#executor.run('cross', { signal });
  }

  /** Begins a decoding of the encoded window: empty sequences under these rules. */
  async begin(rules: DecodingRules, suppressed: Iterable<number>): Promise<void> {
    await this.#write('rules', packRules(rules));
    await this.#write('suppressed', packSuppressed(suppressed, this.dims.n_vocab));
    await this.#write('cursor', new Uint32Array(this.options.batch * CURSOR.words));
  }

  /** Feeds prompt tokens of the one sequence, from `position` on. */
  async prefill(tokens: readonly number[], position: number, signal?: AbortSignal): Promise<void> {
    const capacity = this.options.prefillRows;
    for (let i = 0; i < tokens.length; i += capacity) {
      const run = tokens.slice(i, i + capacity);
      const rows = run.map((token, j): Row => ({ token, position: position + i + j, sequence: 0, first: 0 }));
      await this.#write('prompt_rows', packRows(rows, capacity));
      await this.#write('last_rows', new Uint32Array([run.length - 1]));
      await this.#executor.run('prefill', { signal });
    }
  }

  /** Probability of <|nospeech|> after the last prompt token. */
  async noSpeechProb(): Promise<number> {
    await this.#executor.run('probe');
    const cursor = await this.#executor.read('cursor');
    return new Float32Array(cursor.buffer)[CURSOR.noSpeech]!;
  }

  /** Logits of tokens [first, first + count) after the last prompt token, under no rule. */
  async logits(first: number, count: number): Promise<Float32Array> {
    await this.#executor.run('probe');
    const bytes = await this.#executor.read('probe.logits', first * 4, count * 4);
    return new Float32Array(bytes.buffer);
  }

  /** Picks the token after a prompt that ends at `position`. */
  async sample(position: number): Promise<SampledToken> {
    await this.#write('step_rows', packRows([{ token: 0, position, sequence: 0, first: 0 }]));
    await this.#executor.run('sample');
    const [token] = await this.#ring(0, 1);
    return token!;
  }

  /** Picks `count` more tokens, of which `sampled` were picked before; what follows eot is eot. */
  async step(sampled: number, count: number, signal?: AbortSignal): Promise<readonly SampledToken[]> {
    await this.#executor.run('step', { times: count, signal });
    return this.#ring(sampled, count);
  }

  async dispose(): Promise<void> {
    await this.#executor.destroy();
  }

  async #ring(begin: number, count: number): Promise<SampledToken[]> {
    const bytes = await this.#executor.read('ring', begin * 8, count * 8);
    const words = new Uint32Array(bytes.buffer);
    const floats = new Float32Array(bytes.buffer);
    return Array.from({ length: count }, (_, i) => ({ token: words[2 * i]!, logprob: floats[2 * i + 1]! }));
  }

  #write(tensor: string, data: Float32Array | Uint32Array): Promise<void> {
    return this.#executor.write(tensor, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}
