// A profile as a tree of times: window > phase > part of the model > op, alike ones added up.

import { hostTotals, type Profile, phaseTotals } from '../gpu/profile.ts';

export interface Flame {
  readonly name: string;
  /** `idle`: time of a phase in which no dispatch ran. */
  readonly kind: 'window' | 'phase' | 'scope' | 'op' | 'host' | 'idle';
  /** Milliseconds; children take no more in all. */
  readonly time: number;
  /** Runs of a phase, dispatches of the others. */
  readonly count: number;
  readonly children: readonly Flame[];
}

/** A tree while it grows. */
interface Growing {
  readonly name: string;
  readonly kind: Flame['kind'];
  time: number;
  count: number;
  readonly children: Map<string, Growing>;
}

export function flameOf(profile: Profile): Flame {
  const phases = new Map(phaseTotals(profile).map((total) => [total.name, total]));
  const grown = new Map([...phases.keys()].map((name) => [name, growing(name, 'phase')]));
  for (const { site, begin, end } of profile.dispatches) {
    let at = grown.get(site.phase);
    if (!at) continue; // of a run that was cut short
    for (const name of site.scope) at = add(at, name, 'scope', end - begin);
    add(at, site.weight === undefined ? site.op : `${site.op} ${site.weight}`, 'op', end - begin);
  }
  const host = hostTotals(profile).filter(({ wall }) => wall > 0);
  return {
    name: 'window',
    kind: 'window',
    time: profile.duration,
    count: profile.dispatches.length,
    children: [
      ...[...grown.values()].map((phase): Flame => {
        const { wall, bubbles, runs } = phases.get(phase.name)!;
        const idle: Flame = { name: 'idle', kind: 'idle', time: bubbles, count: runs, children: [] };
        const children = [...frozen(phase).children, ...(bubbles > 0 ? [idle] : [])];
        return { name: phase.name, kind: 'phase', time: wall, count: runs, children };
      }),
      ...host.map(({ kind, wall, count }): Flame => ({ name: kind, kind: 'host', time: wall, count, children: [] })),
    ],
  };
}

function add(to: Growing, name: string, kind: Flame['kind'], time: number): Growing {
  let child = to.children.get(name);
  if (!child) {
    child = growing(name, kind);
    to.children.set(name, child);
  }
  child.time += time;
  child.count += 1;
  return child;
}

function growing(name: string, kind: Flame['kind']): Growing {
  return { name, kind, time: 0, count: 0, children: new Map() };
}

function frozen({ children, ...node }: Growing): Flame {
  return { ...node, children: [...children.values()].map(frozen) };
}
