// Chooses among the kernels of an op by measuring them where they will run. A kernel must first agree with its CPU twin.

import { DeviceError, MemoryError, ShaderError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { kernelStem } from '../graph/program.ts';
import type { Variant } from '../ops/op.ts';
import { checkKernel } from './check_kernel.ts';
import type { Gpu } from './device.ts';
import { PipelineCache } from './pipelines.ts';
import type { Sampling } from './samples.ts';
import { timeKernel } from './time_kernel.ts';
import { isForGpus, siteKey, sitesOf, type TuneSite, timingCase, twinCase } from './tune_sites.ts';

/** A kernel at a site: least seconds of a dispatch, or why it has none that count. */
export type Tried = { readonly variant: string } & (
  | { readonly seconds: number; readonly rejected?: undefined }
  | { readonly seconds?: undefined; readonly rejected: string }
);

export interface TunedSite {
  readonly site: TuneSite;
  /** Default first. */
  readonly tried: readonly Tried[];
  /** Name of the variant chosen, and its seconds; none where no kernel was right and ran in time. */
  readonly chosen: { readonly variant: string; readonly seconds: number } | undefined;
}

export interface TuneOptions {
  /** A kernel that takes longer to compile and run once is given up, here and at all later sites. The first time it is waited for. Default 20. */
  readonly limitSeconds?: number | undefined;
  /** Try kernels made for GPUs on software adapters too. Default false. */
  readonly all?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each site, of how many, when it is done. */
  onSite?(tuned: TunedSite, done: number, of: number): void;
}

/** Another kernel must be faster than the default by this share, so that noise does not choose. */
export const TIE = 0.05;

const SAMPLING: Sampling = { sampleSeconds: 0.01, budgetSeconds: 0.12, fewest: 3 };
const LIMIT_SECONDS = 20;

/**
 * Measures every admissible kernel of every site with a choice.
 * @throws DeviceError where nothing computes, or the device is lost; the signal's reason, between kernels. Nothing stays on the device.
 */
export async function tuneKernels(gpu: Gpu, graphs: readonly Graph[], options: TuneOptions = {}): Promise<TunedSite[]> {
  if (gpu.kind === 'null') throw new DeviceError('tune: expected a device that computes, got the null backend');
  const sites = sitesOf(graphs, gpu.caps);
  const trials = new Trials(gpu, options);
  const tuned: TunedSite[] = [];
  for (const site of sites) {
    const tried = await trials.trySite(site);
    tuned.push({ site, tried, chosen: pickVariant(tried) });
    options.onSite?.(tuned.at(-1)!, tuned.length, sites.length);
  }
  return tuned;
}

/** The fastest, unless the default, which comes first, is about as fast. */
export function pickVariant(tried: readonly Tried[]): TunedSite['chosen'] {
  const timed = tried.flatMap(({ variant, seconds }) => (seconds === undefined ? [] : [{ variant, seconds }]));
  if (timed.length === 0) return undefined;
  const fastest = timed.reduce((best, each) => (each.seconds < best.seconds ? each : best));
  const byDefault = tried[0]!.seconds === undefined ? undefined : timed[0]!;
  return byDefault && fastest.seconds >= byDefault.seconds * (1 - TIE) ? byDefault : fastest;
}

/** Seconds of a phase in kernels that were measured, with default choices and with those made. */
export interface Prediction {
  readonly phase: string;
  readonly before: number;
  readonly after: number;
}

/** By phase of a graph, over its nodes at sites where the default was timed. */
export function predict(graph: Graph, tuned: readonly TunedSite[]): Prediction[] {
  const bySite = new Map(tuned.map((each) => [each.site.key, each]));
  return graph.phases.map(({ name }) => {
    let before = 0;
    let after = 0;
    for (const node of graph.nodes.filter(({ phase }) => phase === name)) {
      const { tried, chosen } = bySite.get(siteKey(node)) ?? {};
      const seconds = tried?.[0]?.seconds;
      if (seconds === undefined || !chosen) continue;
      before += seconds;
      after += chosen.seconds;
    }
    return { phase: name, before, after };
  });
}

/** What is known of kernels from one site to the next. */
class Trials {
  readonly #gpu: Gpu;
  readonly #options: TuneOptions;
  readonly #pipelines: PipelineCache;
  /** By kernel and case, what was wrong. */
  readonly #checked = new Map<string, string | undefined>();
  /** By kernel and element types. */
  readonly #givenUp = new Map<string, string>();

  constructor(gpu: Gpu, options: TuneOptions) {
    this.#gpu = gpu;
    this.#options = options;
    this.#pipelines = new PipelineCache(gpu);
  }

  /** A kernel that beats the default is measured once more, and the default too: a busy moment must not choose. */
  async trySite(site: TuneSite): Promise<Tried[]> {
    const tried: Tried[] = [];
    for (const variant of site.variants) {
      const best = Math.min(...tried.map(({ seconds = Number.POSITIVE_INFINITY }) => seconds));
      tried.push(await this.#try(site, variant, 2 * best));
    }
    const chosen = pickVariant(tried)?.variant;
    if (chosen === undefined || chosen === tried[0]!.variant || tried[0]!.seconds === undefined) return tried;
    for (const [i, each] of tried.entries()) {
      if (each.seconds === undefined || (i > 0 && each.variant !== chosen)) continue;
      const again = await this.#try(site, site.variants[i]!);
      tried[i] = { variant: each.variant, seconds: Math.min(each.seconds, again.seconds ?? each.seconds) };
    }
    return tried;
  }

  async #try(site: TuneSite, variant: Variant, hopeless = Number.POSITIVE_INFINITY): Promise<Tried> {
    this.#options.signal?.throwIfAborted();
    const { name } = variant;
    try {
      const rejected =
        this.#refusal(site, variant) ?? (await this.#fault(site, variant)) ?? this.#refusal(site, variant);
      if (rejected !== undefined) return { variant: name, rejected };
      const sampling = { ...SAMPLING, hopeless };
      const times = await timeKernel(this.#gpu, this.#pipelines, site.op, timingCase(site), variant, sampling);
      this.#limit(site, variant, times.first);
      const late = this.#refusal(site, variant);
      return late === undefined
        ? { variant: name, seconds: Math.min(...times.samples) }
        : { variant: name, rejected: late };
    } catch (error) {
      if (!(error instanceof ShaderError || error instanceof MemoryError)) throw error;
      return { variant: name, rejected: error.message };
    }
  }

  /** Why a kernel is not to be tried. The default is never given up: it runs anyway. */
  #refusal(site: TuneSite, variant: Variant): string | undefined {
    if (variant === site.variants[0]) return undefined;
    if (!this.#options.all && isForGpus(site, variant, this.#gpu.caps)) {
      return 'skipped: made for GPUs, and drivers of software adapters may take minutes to compile it';
    }
    return this.#givenUp.get(typedKernel(site, variant));
  }

  #limit(site: TuneSite, variant: Variant, seconds: number): void {
    const { limitSeconds = LIMIT_SECONDS } = this.#options;
    if (seconds <= limitSeconds) return;
    this.#givenUp.set(typedKernel(site, variant), `gave up after ${seconds.toFixed(1)} s to compile and run once`);
  }

  /** What the CPU twin says against a kernel. */
  async #fault(site: TuneSite, variant: Variant): Promise<string | undefined> {
    const given = twinCase(site, variant, this.#gpu.caps);
    if (!given) return 'skipped: the op has no case of these element types to check it with';
    const key = `${typedKernel(site, variant)} ${given.name}`;
    if (!this.#checked.has(key)) {
      const began = performance.now();
      const { faults } = await checkKernel(this.#gpu, this.#pipelines, site.op, given, variant);
      this.#limit(site, variant, (performance.now() - began) / 1000);
      this.#checked.set(key, faults.length === 0 ? undefined : `WRONG: ${given.name}: ${faults.join('; ')}`);
    }
    return this.#checked.get(key);
  }
}

function typedKernel({ op, types }: TuneSite, variant: Variant): string {
  const dtypes = Object.entries(types).map(([name, { dtype }]) => `${name} ${dtype}`);
  return `${kernelStem(op, variant)} ${dtypes.sort().join(', ')}`;
}
