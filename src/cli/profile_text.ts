// The tables that `transcribe --profile` prints.

import { hostTotals, kernelTotals, type Profile, phaseTotals } from '../gpu/profile.ts';

/** Kernels that are listed; the others share a line. */
const LISTED = 16;

/** By phase, by kind of host work, by kernel: with their sums. Milliseconds. */
export function profileText(profile: Profile): string {
  const { adapter, timedBy, duration } = profile;
  return [
    `profile on '${adapter}': ${ms(duration)} ms; dispatches timed by ${HOW[timedBy]}`,
    ...phaseLines(profile),
    ...hostLines(profile),
    ...kernelLines(profile),
  ].join('\n');
}

const HOW: Readonly<Record<Profile['timedBy'], string>> = {
  timestamps: "the device's timestamps",
  submits: 'a submit each, for want of timestamps: times hold a turn of the event loop as well',
};

function phaseLines(profile: Profile): string[] {
  const totals = phaseTotals(profile);
  const sum = (of: 'runs' | 'dispatches' | 'gpu' | 'wall' | 'bubbles') => totals.reduce((all, t) => all + t[of], 0);
  const all = { name: 'all phases', runs: sum('runs'), dispatches: sum('dispatches') };
  return [
    row('phase', ['runs', 'dispatches', 'GPU ms', 'wall ms', 'bubbles']),
    ...[...totals, { ...all, gpu: sum('gpu'), wall: sum('wall'), bubbles: sum('bubbles') }].map((t) =>
      row(t.name, [t.runs, t.dispatches, ms(t.gpu), ms(t.wall), ms(t.bubbles)]),
    ),
  ];
}

function hostLines(profile: Profile): string[] {
  return [
    row('host, between phases', ['count', '', '', 'wall ms', 'MB']),
    ...hostTotals(profile).map(({ kind, count, wall, bytes }) =>
      kind === 'rest'
        ? row('decoding, audio, the rest', ['', '', '', ms(wall), ''])
        : row(kind === 'timestamps' ? 'reading timestamps' : kind, [count, '', '', ms(wall), (bytes / 1e6).toFixed(2)]),
    ),
  ];
}

function kernelLines(profile: Profile): string[] {
  const totals = kernelTotals(profile);
  const all = totals.reduce((sum, { gpu }) => sum + gpu, 0);
  const share = (gpu: number) => `${((100 * gpu) / all).toFixed(1)} %`;
  const rest = totals.slice(LISTED);
  const restMs = rest.reduce((sum, { gpu }) => sum + gpu, 0);
  return [
    row('phase and kernel', ['dispatches', 'GPU ms', 'share', 'longest', 'GFLOP/s', 'GB/s']),
    ...totals.slice(0, LISTED).map(({ phase, kernel, dispatches, gpu, longest, flops, bytes }) => {
      const rates = [flops, bytes].map((amount) => (amount > 0 && gpu > 0 ? (amount / gpu / 1e6).toFixed(1) : '-'));
      return row(`${phase} ${kernel}`, [dispatches, ms(gpu), share(gpu), ms(longest), ...rates]);
    }),
    ...(rest.length > 0 ? [row(`${rest.length} others`, ['', ms(restMs), share(restMs)])] : []),
  ];
}

function row(name: string, cells: readonly (string | number)[]): string {
  return [name.padEnd(34), ...cells.map((cell) => String(cell).padStart(11))].join('').trimEnd();
}

function ms(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}
