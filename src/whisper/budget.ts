// The fastest way to run a model in so many bytes of GPU memory, found before any GPU is touched: memory modes and weight formats are
// planned in the order of an estimate of their speed, and the first whose plan fits is taken.

import { planMemory } from '../allocator/plan.ts';
import { MemoryError } from '../errors.ts';
import { compile } from '../graph/program.ts';
import type { Caps } from '../ops/op.ts';
import type { ModelDimensions } from './dims.ts';
import { type CachePrecision, type GraphOptions, graphOptions, MODES, type Mode } from './graph_options.ts';
import { whisperGraph } from './model.ts';
import { WEIGHT_PRECISIONS, type WeightChoice, type WeightPrecision } from './weight_rules.ts';

/** What a model is run with, and why. */
export interface Configuration {
  readonly mode: Mode;
  readonly weights: WeightPrecision;
  readonly cache: CachePrecision;
  readonly reason: string;
}

/** What a budget may choose between; a single mode, choice of weights or format of caches is as the caller fixed it. */
export interface Freedom {
  readonly modes: readonly Mode[];
  /** The first is how the file has its weights: the others must be made from it at every upload. */
  readonly choices: readonly WeightChoice[];
  readonly caches: readonly CachePrecision[];
}

/** A device as WebGPU guarantees it, but for the size of buffers, which every driver raises. */
export const PLAIN_CAPS: Caps = {
  cpu: false,
  subgroups: false,
  subgroupSize: 0,
  matrix: false,
  maxInvocations: 256,
  maxWorkgroupStorage: 16384,
};
export const PLAIN_LIMITS = { maxBufferSize: 2 ** 32 - 4 };

/** Bytes of all GPU buffers of a model under these options, on a device whose buffers may be as large as WebGPU has them. */
export function plannedBytes(dims: ModelDimensions, options: Partial<GraphOptions>): number {
  const graph = whisperGraph(dims, options);
  const { buffers } = compile(graph, planMemory(graph, PLAIN_LIMITS), PLAIN_CAPS);
  return buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Weights as given, and every format with fewer bits: what a budget may fall back to. */
export function fewerBits(stored: WeightChoice): WeightChoice[] {
  const lower = WEIGHT_PRECISIONS.slice(WEIGHT_PRECISIONS.indexOf(stored.weights) + 1).filter((p) => p !== 'f16');
  return [stored, ...lower.map((weights) => ({ weights, weightRules: [] }))];
}

/**
 * The fastest configuration of at most `maxGpuBytes`.
 * @throws MemoryError that says what would fit, if none does.
 */
export function fitBudget(
  dims: ModelDimensions,
  options: Partial<GraphOptions>,
  { modes, choices, caches }: Freedom,
  maxGpuBytes: number,
): GraphOptions & { readonly configuration: Configuration } {
  const candidates = choices
    .flatMap((choice, i) =>
      modes.flatMap((mode) => caches.map((cache) => ({ ...options, ...choice, mode, cache, stored: i === 0 }))),
    )
    .map((candidate) => ({ candidate, cost: secondsPerWindow(dims, candidate) * penalty(candidate) }))
    .sort((a, b) => a.cost - b.cost);
  const missed: { readonly name: string; readonly bytes: number }[] = [];
  for (const { candidate } of candidates) {
    const { stored: _, ...chosen } = candidate;
    const bytes = plannedBytes(dims, chosen);
    const name = `${chosen.mode}, ${chosen.weights}${chosen.cache === 'int8' ? ', int8 caches' : ''}`;
    if (bytes > maxGpuBytes) {
      missed.push({ name, bytes });
      continue;
    }
    const reason =
      missed.length === 0 ? 'the fastest of all' : `faster ones take more: ${missed.map(describe).join('; ')}`;
    const configuration = { mode: chosen.mode, weights: chosen.weights, cache: chosen.cache, reason };
    return { ...graphOptions(dims, chosen), configuration };
  }
  const least = missed.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  throw new MemoryError(
    `budget: expected at least ${least.bytes} bytes because ${least.name} takes the least, got ${maxGpuBytes}`,
  );
}

/** Audios decoded together that anybody would want: beyond, a step's arithmetic bounds it, not its memory. */
const MOST_AUDIOS = 64;

/** The most audios that can be decoded together under these options within `maxGpuBytes`, by bisection on plans: bytes rise with each. */
export function mostAudios(dims: ModelDimensions, options: Partial<GraphOptions>, maxGpuBytes: number): number {
  let fits = 1;
  let exceeds = MOST_AUDIOS + 1;
  while (exceeds - fits > 1) {
    const audios = Math.floor((fits + exceeds) / 2);
    const bytes = plannedBytes(dims, { ...options, audios, batch: audios });
    if (bytes <= maxGpuBytes) fits = audios;
    else exceeds = audios;
  }
  return fits;
}

const describe = ({ name, bytes }: { name: string; bytes: number }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`;

/** Formats of caches that a budget may choose, or the one that was asked for. */
export const cachesOf = (cache: CachePrecision | undefined): readonly CachePrecision[] =>
  cache === undefined ? ['f16', 'int8'] : [cache];

/** All modes, or the one that was asked for. */
export const modesOf = (mode: Mode | undefined): readonly Mode[] => (mode === undefined ? MODES : [mode]);

/** What fewer bits cost in words misheard, as a factor of time: a format is not given up for a little speed. */
const PENALTY: Readonly<Record<WeightPrecision, number>> = { f32: 1, f16: 1, int8: 1.05, int6: 1.3, int4: 2 };
/** Far less: with int8 caches the tokens that change are those that were nearly equal before. */
const CACHE_PENALTY: Readonly<Record<CachePrecision, number>> = { f32: 1, f16: 1, int8: 1.01 };

const penalty = ({ weights, cache }: Pick<GraphOptions, 'weights' | 'cache'>) =>
  PENALTY[weights] * CACHE_PENALTY[cache];

const BITS: Readonly<Record<WeightPrecision, number>> = { f32: 32, f16: 16, int8: 8.5, int6: 6.5, int4: 4.5 };

// Rates of a middling GPU, of which only the ratios matter.
const UPLOAD = 5e9; // bytes a second
const BANDWIDTH = 2e11; // bytes a second that kernels read
const COMPUTE = 2e12; // multiply-adds a second
const REQUANTISED = 5e7; // weights a second that the host brings into another format
const TOKENS = 100; // of a window, prompt included
const ANYWAY = 0.05; // seconds of a window that no choice changes

/** Estimated seconds for a window of 30 s. */
function secondsPerWindow(
  { n_audio_state: d, n_audio_layer, n_text_layer, n_vocab, n_audio_ctx, n_text_head }: ModelDimensions,
  { mode, cross, weights, stored }: Partial<GraphOptions> & { mode: Mode; weights: WeightPrecision; stored: boolean },
): number {
  const encoder = 12 * d * d * n_audio_layer;
  const layers = 16 * d * d * n_text_layer;
  const embedding = n_vocab * d;
  const bytes = (count: number) => (count * BITS[weights]) / 8;
  const swapped = {
    resident: 0,
    absorbed: 0,
    phased: encoder + layers + embedding,
    streamed: encoder + embedding + TOKENS * layers,
  };
  const upload = bytes(swapped[mode]) / UPLOAD + (stored ? 0 : swapped[mode] / REQUANTISED);
  const absorbed = cross === 'absorbed' || (cross === undefined && mode !== 'resident');
  const attention = absorbed ? (2 * n_text_head * n_audio_ctx * d * n_text_layer * TOKENS) / COMPUTE : 0;
  const encoding = (encoder * n_audio_ctx) / COMPUTE;
  return ANYWAY + encoding + upload + (bytes(layers + embedding) * TOKENS) / BANDWIDTH + attention;
}
