// A profile made by hand: two windows of a small model, one dispatch a millisecond.

import type { DispatchSite, Profile } from '../../src/gpu/profile.ts';

const site = (phase: string, scope: readonly string[], op: string, weight?: string): DispatchSite => ({
  ...{ phase, scope, op, kernel: `${op}.cpu8`, weight },
  ...{ flops: op === 'linear' ? 2e6 : 0, bytes: 1000 },
});
const STFT = site('mel', [], 'stft');
const LINEAR = site('encode', ['encoder', 'blocks.0'], 'linear', 'mlp.0');
const NORM = site('encode', ['encoder', 'blocks.0'], 'layer_norm');
const STEP = site('step', ['decoder', 'blocks.0'], 'linear', 'attn.<qkv>');

/** Dispatches one after another from `begin` on, a millisecond each with a tenth between. */
const row = (begin: number, sites: readonly DispatchSite[]) =>
  sites.map((one, i) => ({ site: one, begin: begin + 1.1 * i, end: begin + 1.1 * i + 1 }));

/** mel 5..7, encode 8..14, two steps 20..24 and 25..29; again from 40 on. */
function window(at: number): Pick<Profile, 'calls' | 'phases' | 'dispatches' | 'host'> {
  const span = (name: string, begin: number, end: number) => ({ name, begin: at + begin, end: at + end });
  return {
    calls: [span('encode', 4, 15), span('decode', 17, 31)],
    phases: [span('mel', 5, 7), span('encode', 8, 14), span('step', 20, 24), span('step', 25, 29)],
    dispatches: [
      ...row(at + 5.5, [STFT]),
      ...row(at + 8.2, [LINEAR, NORM, LINEAR]),
      ...row(at + 20.1, [STEP, STEP]),
      ...row(at + 25.1, [STEP, STEP]),
    ],
    host: [
      { ...span('samples', 4, 4.5), kind: 'upload', bytes: 4000 },
      { ...span('mlp.0', 8.1, 8.2), kind: 'upload', bytes: 2000 },
      { ...span('ring', 29, 30), kind: 'read-back', bytes: 32 },
    ],
  };
}

export function handmadeProfile(timedBy: Profile['timedBy'] = 'timestamps'): Profile {
  const [one, two] = [window(0), window(40)];
  return {
    adapter: 'made <by> hand',
    timedBy,
    duration: 80,
    calls: [...one.calls, ...two.calls],
    phases: [...one.phases, ...two.phases],
    dispatches: [...one.dispatches, ...two.dispatches],
    host: [...one.host, ...two.host],
  };
}
