// Rung: pure. What `transcribe --profile` prints and writes of a profile.

import { describe, expect, it } from 'vitest';
import { profileFile } from '../../src/cli/profile.ts';
import { type Flame, flameOf } from '../../src/cli/profile_flame.ts';
import { profilePage } from '../../src/cli/profile_html.ts';
import { profileText } from '../../src/cli/profile_text.ts';
import { profileTrace } from '../../src/cli/profile_trace.ts';
import { OptionError } from '../../src/errors.ts';
import { handmadeProfile } from '../support/profile.ts';
import { cli } from './in_process.ts';

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const profile = handmadeProfile();

describe('[pure] the trace of a profile', () => {
  const { traceEvents } = JSON.parse(profileTrace(profile)) as { traceEvents: Event[] };
  const track = (name: string) => {
    const tid = traceEvents.find((e) => e.ph === 'M' && e.args?.['name'] === name)!.tid;
    return traceEvents.filter((e) => e.ph === 'X' && e.tid === tid);
  };

  it('has every phase, dispatch and piece of host work, in microseconds', () => {
    expect(track('phases').map(({ name }) => name)).toEqual(profile.phases.map(({ name }) => name));
    expect(track('dispatches (GPU)')).toHaveLength(profile.dispatches.length);
    expect(track('phases')[0]).toMatchObject({ ts: 5000, dur: 2000 });
    expect(track('host').map(({ name }) => name)).toContain('upload samples');
  });

  it('dispatches lie within the phase that they name, and no track overlaps itself', () => {
    for (const { ts, dur, args } of track('dispatches (GPU)')) {
      const around = track('phases').filter((p) => p.ts <= ts && ts + dur <= p.ts + p.dur);
      expect(around.map(({ name }) => name)).toEqual([args!['phase']]);
    }
    for (const name of ['transcription', 'phases', 'dispatches (GPU)']) {
      const events = track(name);
      for (const [i, { ts }] of events.slice(1).entries()) {
        expect(ts).toBeGreaterThanOrEqual(events[i]!.ts + events[i]!.dur);
      }
    }
  });

  it('what the host does between phases of a decoding is decoding', () => {
    const decoding = track('host').filter(({ name }) => name === 'decoding');
    expect(decoding.map(({ ts, dur }) => [ts, dur])).toContainEqual([24000, 1000]);
  });
});

describe('[pure] the tables of a profile', () => {
  it('tell how dispatches were timed, and their sums', () => {
    const text = profileText(profile);
    expect(text).toMatch(/^profile on 'made <by> hand': 80\.00 ms; dispatches timed by the device's timestamps/);
    expect(text).toMatch(/^all phases +8 +16 +16\.00 +32\.00 +16\.00$/m);
    expect(text).toMatch(/^encode linear\.cpu8 +4 +4\.00 +25\.0 % +1\.00 +2\.0 +0\.0$/m);
    expect(profileText(handmadeProfile('submits'))).toMatch(/by a submit each, for want of timestamps/);
  });
});

describe('[pure] the picture of a profile', () => {
  it('no piece is wider than what it is part of, and ops are found under their layer', () => {
    const root = flameOf(profile);
    const check = ({ time, children }: Flame) => {
      expect(children.reduce((sum, child) => sum + child.time, 0)).toBeLessThanOrEqual(time + 1e-9);
      for (const child of children) check(child);
    };
    check(root);
    const names = ['encode', 'encoder', 'blocks.0', 'linear mlp.0'];
    const found = names.reduce<Flame | undefined>((at, name) => at?.children.find((c) => c.name === name), root);
    expect(found).toMatchObject({ kind: 'op', count: 4 });
  });

  it('is one page of one window, with nothing from outside and names escaped', () => {
    const page = profilePage(profile);
    expect(page).toContain('<title>40.0 ms for one window on made &#60;by&#62; hand</title>');
    expect(page).toContain('linear attn.&#60;qkv&#62;');
    expect(page).not.toMatch(/https?:|src=|<link|@import|url\(/);
  });
});

describe('[pure] --profile', () => {
  it('takes .json and .html, and refuses others before anything is loaded', async () => {
    expect(profileFile('a/b.JSON')).toBe('a/b.JSON');
    expect(() => profileFile('profile.txt')).toThrow(OptionError);
    const { code, err } = await cli(['transcribe', 'none.wav', '--profile', 'profile.txt']);
    expect(code).toBe(2);
    expect(err).toMatch(/expected --profile FILE\.json \(a trace\) or FILE\.html/);
  });
});
