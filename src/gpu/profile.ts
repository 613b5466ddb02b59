// Where the time of some calls went, as plain data, and its sums. Times are milliseconds since the profile began.

export interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** What a dispatch is, whenever it runs. */
export interface DispatchSite {
  readonly phase: string;
  /** Where in the model: `['decoder', 'blocks.0']`. */
  readonly scope: readonly string[];
  readonly op: string;
  /** File stem of the kernel. */
  readonly kernel: string;
  /** The matrix it reads, by its name within the scope. */
  readonly weight: string | undefined;
  /** Multiply-adds count two; 0 where the op is no matter of arithmetic. */
  readonly flops: number;
  /** Of all its tensors: an op that reads a few rows of one moves less. */
  readonly bytes: number;
}

/** On the device. */
export interface DispatchSpan extends Omit<Span, 'name'> {
  readonly site: DispatchSite;
}

/** On the host; `timestamps` is the profiler itself. */
export interface HostSpan extends Span {
  readonly kind: 'upload' | 'read-back' | 'timestamps';
  readonly bytes: number;
}

export interface Profile {
  readonly adapter: string;
  /** `timestamps` of the device; `submits`: each dispatch by itself, which adds a turn of the host's event loop to its time. */
  readonly timedBy: 'timestamps' | 'submits';
  readonly duration: number;
  /** What the transcription was at: `encode`, `decode`, ... */
  readonly calls: readonly Span[];
  /** Runs of phases, from submit to the end of waiting. */
  readonly phases: readonly Span[];
  readonly dispatches: readonly DispatchSpan[];
  readonly host: readonly HostSpan[];
}

export interface PhaseTotal {
  readonly name: string;
  readonly runs: number;
  readonly dispatches: number;
  readonly gpu: number;
  readonly wall: number;
  /** Wall minus GPU: the device waited, for the host or for the next submit. */
  readonly bubbles: number;
}

export interface KernelTotal {
  readonly phase: string;
  readonly kernel: string;
  readonly dispatches: number;
  readonly gpu: number;
  /** Of one dispatch: drivers compile a kernel when it first runs. */
  readonly longest: number;
  readonly flops: number;
  readonly bytes: number;
}

export interface HostTotal {
  readonly kind: HostSpan['kind'] | 'rest';
  readonly count: number;
  /** Outside of phases. */
  readonly wall: number;
  readonly bytes: number;
}

/** In the order in which phases first ran. */
export function phaseTotals({ phases, dispatches }: Profile): PhaseTotal[] {
  const names = [...new Set(phases.map(({ name }) => name))];
  const run = groupBy(phases, ({ name }) => name);
  const done = groupBy(dispatches, ({ site }) => site.phase);
  return names.map((name) => {
    const wall = sum(run.get(name)!);
    const gpu = sum(done.get(name) ?? []);
    const counts = { runs: run.get(name)!.length, dispatches: done.get(name)?.length ?? 0 };
    return { name, ...counts, gpu, wall, bubbles: wall - gpu };
  });
}

/** By phase and kernel, dearest first. */
export function kernelTotals({ dispatches }: Profile): KernelTotal[] {
  const groups = groupBy(dispatches, ({ site }) => `${site.phase} ${site.kernel}`);
  return [...groups.values()]
    .map((group) => ({
      phase: group[0]!.site.phase,
      kernel: group[0]!.site.kernel,
      dispatches: group.length,
      gpu: sum(group),
      longest: group.reduce((most, { begin, end }) => Math.max(most, end - begin), 0),
      flops: group.reduce((total, { site }) => total + site.flops, 0),
      bytes: group.reduce((total, { site }) => total + site.bytes, 0),
    }))
    .sort((a, b) => b.gpu - a.gpu);
}

/** Host work outside of phases, and the rest of the duration: decoding rules, audio, the caller. With the phases' wall it adds up to all. */
export function hostTotals({ host, phases, duration }: Profile): HostTotal[] {
  const outside = outsideOf(phases, host);
  const totals: HostTotal[] = [...groupBy(outside, ({ kind }) => kind)].map(([kind, spans]) => ({
    kind,
    count: spans.length,
    wall: sum(spans),
    bytes: spans.reduce((total, { bytes }) => total + bytes, 0),
  }));
  const known = sum(phases) + sum(outside);
  return [...totals, { kind: 'rest', count: 0, wall: duration - known, bytes: 0 }];
}

/** Phases follow one another; host work is either within one or between two. */
function outsideOf(phases: readonly Span[], host: readonly HostSpan[]): HostSpan[] {
  const sorted = [...host].sort((a, b) => a.begin - b.begin);
  let next = 0;
  return sorted.filter(({ begin }) => {
    while (next < phases.length && phases[next]!.end <= begin) next += 1;
    return phases[next] === undefined || begin < phases[next]!.begin;
  });
}

/** Times at which the host did what has no span of its own: neither a phase nor host work. */
export function gaps({ phases, host, duration }: Profile): Omit<Span, 'name'>[] {
  const busy = [...phases, ...host].sort((a, b) => a.begin - b.begin);
  const found: Omit<Span, 'name'>[] = [];
  let until = 0;
  for (const { begin, end } of [...busy, { begin: duration, end: duration }]) {
    if (begin > until) found.push({ begin: until, end: begin });
    until = Math.max(until, end);
  }
  return found;
}

/** The part of a profile from the first window's encoding, with the mel right before it, to the next one's. */
export function firstWindow(profile: Profile): Profile {
  const { phases } = profile;
  const starts = phases.flatMap(({ name, begin }, i) => {
    if (name !== 'encode') return [];
    return [phases[i - 1]?.name === 'mel' ? phases[i - 1]!.begin : begin];
  });
  const [from = 0, to = profile.duration] = starts;
  const cut = <T extends Pick<Span, 'begin' | 'end'>>(spans: readonly T[]): T[] =>
    spans
      .filter(({ begin }) => begin >= from && begin < to)
      .map((span) => ({ ...span, begin: span.begin - from, end: Math.min(span.end, to) - from }));
  return {
    ...profile,
    duration: to - from,
    calls: cut(profile.calls),
    phases: cut(phases),
    dispatches: cut(profile.dispatches),
    host: cut(profile.host),
  };
}

function sum(spans: readonly Pick<Span, 'begin' | 'end'>[]): number {
  return spans.reduce((total, { begin, end }) => total + end - begin, 0);
}

function groupBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return groups;
}
