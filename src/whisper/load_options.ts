// What an engine is loaded with, checked, and brought into the graph's options.

import { OptionError } from '../errors.ts';
import type { ModelFile } from '../formats/model_file.ts';
import type { AdapterOptions } from '../gpu/adapter.ts';
import { type Configuration, cachesOf, fewerBits, fitBudget, modesOf, mostAudios } from './budget.ts';
import { freeTiles } from './free_tiles.ts';
import { CACHE_PRECISIONS, type GraphOptions, graphOptions, MODES } from './graph_options.ts';
import { weightChoice } from './stored_weights.ts';
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
   * No more bytes of GPU memory than this. The fastest mode, weights and caches that fit are taken, weights with fewer bits than the file's and
   * int8 caches where it must be; `mode`, `weights` and `cache`, where given, stay as they are. `configuration` tells the choice.
   */
  readonly maxGpuBytes?: number;
  /** Sequences that can be decoded at once, for beamSize and bestOf. Default 1. */
  readonly sequences?: number;
  /** Files that transcribeAll decodes together, or `fit`: as many as maxGpuBytes allows. Default 1; more exclude beams, several samples, words. */
  readonly audios?: number | 'fit';
  /** Make room for finding the times of words. Default false. */
  readonly words?: boolean;
  /** Measure when every dispatch runs; `takeProfile` tells. Costs time, and up to 64 KiB of GPU memory. Default false. */
  readonly profile?: boolean;
  /** Use the kernels that `whisper-wgsl tune` found fastest on this adapter, if it was run; `configuration` tells. Default true. */
  readonly tuned?: boolean;
  readonly signal?: AbortSignal;
}

/** What of a tuning the engine uses, and why. */
export interface Tuning {
  readonly used: boolean;
  readonly reason: string;
}

export interface LoadedConfiguration extends Configuration {
  readonly tuned: Tuning;
}

type Configured = GraphOptions & { readonly configuration: Configuration };

/** The graph's options: as given, and as the budget has it where there is one. */
export function configure(model: ModelFile, options: LoadOptions): Configured {
  return freeTiles(model.dims, chosen(model, options));
}

function chosen(
  model: ModelFile,
  { mode, cross, weights, weightRules, cache, arithmetic, sequences = 1, audios = 1, words, maxGpuBytes }: LoadOptions,
): Configured {
  const { dims } = model;
  if (audios === 'fit' && maxGpuBytes === undefined) {
    throw new OptionError("Whisper.load: expected maxGpuBytes because audios is 'fit', got none");
  }
  if (audios !== 1 && (sequences > 1 || words)) {
    throw new OptionError('Whisper.load: expected neither sequences nor words because of several audios, got some');
  }
  const count = audios === 'fit' ? 1 : audios;
  const batch = Math.max(sequences, count);
  const fixed = { cross, cache, arithmetic, batch, audios: count, alignment: words ? alignmentHeads(dims) : [] };
  const stored = weightChoice(model, { weights, weightRules });
  if (maxGpuBytes === undefined) {
    const options = graphOptions(dims, { ...fixed, ...stored, mode });
    const configuration = { mode: options.mode, weights: options.weights, cache: options.cache };
    return { ...options, configuration: { ...configuration, reason: 'as asked for' } };
  }
  const choices = weights === undefined ? fewerBits(stored) : [stored];
  const fitted = fitBudget(dims, fixed, { modes: modesOf(mode), choices, caches: cachesOf(cache) }, maxGpuBytes);
  if (audios !== 'fit') return fitted;
  const { configuration, ...options } = fitted;
  const several = {
    ...fixed,
    ...stored,
    mode: options.mode,
    weights: options.weights,
    weightRules: options.weightRules,
    cache: options.cache,
  };
  const most = mostAudios(dims, several, maxGpuBytes);
  return { ...graphOptions(dims, { ...several, audios: most, batch: most }), configuration };
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
  'audios',
  'words',
  'profile',
  'tuned',
  'signal',
];

/** @throws OptionError for an unknown name or choice. */
export function checkLoadOptions(options: LoadOptions): void {
  const unknown = Object.keys(options).find((name) => !LOAD_OPTIONS.includes(name));
  if (unknown)
    throw new OptionError(`Whisper.load: expected options among ${LOAD_OPTIONS.join(', ')}, got '${unknown}'`);
  const choices = {
    mode: MODES,
    cross: ['stored', 'absorbed'],
    weights: WEIGHT_PRECISIONS,
    cache: CACHE_PRECISIONS,
    arithmetic: ['w8a32', 'w8a8'],
  } as const;
  for (const [name, allowed] of Object.entries(choices)) {
    const given = options[name as keyof typeof choices];
    if (given !== undefined && !(allowed as readonly string[]).includes(given)) {
      throw new OptionError(`Whisper.load: expected ${name} among ${allowed.join(', ')}, got '${given}'`);
    }
  }
}
