// A profile in the Trace Event Format that Perfetto (ui.perfetto.dev) and Chrome's tracing read: a track each for what the transcription
// is at, phases, dispatches and the host.

import { gaps, type Profile, type Span } from '../gpu/profile.ts';

/** An event of the format; `ts` and `dur` in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: 1;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

const TRACKS = ['transcription', 'phases', 'dispatches (GPU)', 'host'] as const;

/** One event a line. */
export function profileTrace(profile: Profile): string {
  const lines = events(profile).map((event) => JSON.stringify(event));
  const other = JSON.stringify({ adapter: profile.adapter, timedBy: profile.timedBy });
  return `{"otherData":${other},"displayTimeUnit":"ms","traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

function events(profile: Profile): TraceEvent[] {
  const [calls, phases, dispatches, host] = [1, 2, 3, 4] as const;
  return [
    ...TRACKS.map((name, i) => ({ name: 'thread_name', ph: 'M', pid: 1, tid: i + 1, args: { name } }) as const),
    ...TRACKS.map(
      (_, i) => ({ name: 'thread_sort_index', ph: 'M', pid: 1, tid: i + 1, args: { sort_index: i } }) as const,
    ),
    ...profile.calls.map((call) => complete(call.name, calls, call)),
    ...profile.phases.map((phase) => complete(phase.name, phases, phase)),
    ...profile.dispatches.map(({ site, ...span }) => {
      const { phase, scope, op, kernel, weight = '', flops, bytes } = site;
      const args = { phase, scope: scope.join('.'), kernel, weight, flops, bytes };
      return complete(op, dispatches, span, args);
    }),
    ...profile.host.map(({ kind, name, bytes, ...span }) => complete(`${kind} ${name}`, host, span, { bytes })),
    ...gaps(profile).map((gap) => complete(doing(profile.calls, gap), host, gap)),
  ];
}

/** What the host did in a gap, by the call it lies in. */
function doing(calls: readonly Span[], { begin, end }: Pick<Span, 'begin' | 'end'>): string {
  const within = calls.find((call) => call.begin <= begin && end <= call.end);
  return within?.name === 'decode' ? 'decoding' : (within?.name ?? 'between calls');
}

function complete(
  name: string,
  tid: number,
  { begin, end }: Pick<Span, 'begin' | 'end'>,
  args?: TraceEvent['args'],
): TraceEvent {
  const micro = (milliseconds: number) => Math.round(milliseconds * 1e6) / 1e3;
  return { name, ph: 'X', pid: 1, tid, ts: micro(begin), dur: micro(end - begin), ...(args && { args }) };
}
