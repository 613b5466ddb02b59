// What `tune` prints: a line a site, why kernels were not measured, and what the choices gain in a phase.

import { predict, type TunedSite } from '../gpu/tune.ts';
import type { Graph } from '../graph/graph.ts';
import { kernelStem } from '../graph/program.ts';
import { describeType } from '../ops/op.ts';

const STEM = 24;

export function tuneHeader(): string {
  return `${'site'.padStart(9)} ${row('default', 'ms', 'chosen', 'ms', 'gain')}  shapes`;
}

/** Times of one dispatch. */
export function tuneRow({ site, tried, chosen }: TunedSite, done: number, of: number): string {
  const name = (variant: string) => kernelStem(site.op, { name: variant });
  const before = tried[0]!.seconds;
  const gain = before === undefined || !chosen ? '-' : percent(before, chosen.seconds);
  const cells = row(
    name(tried[0]!.variant),
    ms(before),
    chosen ? (chosen.variant === tried[0]!.variant ? '=' : name(chosen.variant)) : 'none right',
    ms(chosen?.seconds),
    gain,
  );
  return `${`${done}/${of}`.padStart(9)} ${cells}  ${shapes(site)}`;
}

/** A line for each kernel and reason, with the number of sites. */
export function refusalText(tuned: readonly TunedSite[]): string[] {
  const sites = new Map<string, number>();
  for (const { site, tried } of tuned) {
    for (const { variant, rejected } of tried) {
      const line = `${kernelStem(site.op, { name: variant })}: ${rejected}`;
      if (rejected !== undefined) sites.set(line, (sites.get(line) ?? 0) + 1);
    }
  }
  return [...sites].map(([line, count]) => `not measured at ${count} ${count === 1 ? 'site' : 'sites'}: ${line}`);
}

/** Phases as they run with so many sequences, of which only kernels with a choice are counted. */
export function predictionText(sequences: number, graph: Graph, tuned: readonly TunedSite[]): string[] {
  return predict(graph, tuned)
    .filter(({ before }) => before > 0)
    .map(
      ({ phase, before, after }) =>
        `predicted, ${sequences} ${sequences === 1 ? 'sequence' : 'sequences'}: ${phase.padEnd(8)} ${ms(before).padStart(10)} -> ` +
        `${ms(after).padStart(10)} ms in kernels with a choice, ${percent(before, after)}`,
    );
}

function shapes({ types, attrs }: TunedSite['site']): string {
  const flags = Object.entries(attrs).flatMap(([name, value]) => (value === true ? [name] : []));
  const all = Object.entries(types).flatMap(([name, type]) =>
    name.endsWith('_scale') || !type ? [] : [describeType(type)],
  );
  return [...flags, ...all].join(' ');
}

function row(...[kernel, before, chosen, after, gain]: [string, string, string, string, string]): string {
  return `${kernel.padEnd(STEM)} ${before.padStart(9)}  ${chosen.padEnd(STEM)} ${after.padStart(9)} ${gain.padStart(7)}`;
}

function ms(seconds: number | undefined): string {
  return seconds === undefined ? '-' : (seconds * 1000).toFixed(3);
}

function percent(before: number, after: number): string {
  return `${(100 * (after / before - 1)).toFixed(1)} %`;
}
