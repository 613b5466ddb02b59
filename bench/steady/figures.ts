// What is made of the clocks' marks: costs of windows, of the begin and the end of a run, and of tokens early and late in a window. Pure.

import { MemoryError } from '../../src/errors.ts';
import { type Spread, spread } from '../report/spread.ts';
import type { Step } from './steps.ts';

/** What the clocks and the account of GPU memory say between two windows. */
export interface Mark {
  /** Seconds of audio behind. */
  readonly audio: number;
  /** Milliseconds; of `phases`, those waited for each so far. */
  readonly at: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Bytes of GPU buffers that there are, and buffers ever made. */
  readonly bytes: number;
  readonly made: number;
}

export interface WindowCost {
  /** Seconds of audio before it, and until the next one begins. */
  readonly begin: number;
  readonly audio: number;
  readonly ms: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly bytes: number;
}

/** Differences of successive marks. `tokens` has a number for each window. */
export function windowCosts(marks: readonly Mark[], tokens: readonly number[]): WindowCost[] {
  return tokens.map((count, i) => {
    const [before, after] = [marks[i]!, marks[i + 1]!];
    const phases = Object.entries(after.phases).map(([name, ms]) => [name, ms - (before.phases[name] ?? 0)]);
    return {
      begin: before.audio,
      audio: after.audio - before.audio,
      ms: after.at - before.at,
      phases: Object.fromEntries(phases),
      tokens: count,
      bytes: after.bytes,
    };
  });
}

/** Something at the begin of a run and at its end. */
export interface Ends<T> {
  readonly first: T;
  readonly last: T;
}

/** The first and the last tenth of the windows, one at least. */
export function tenths(windows: readonly WindowCost[]): Ends<readonly WindowCost[]> {
  const count = Math.max(1, Math.floor(windows.length / 10));
  return { first: windows.slice(0, count), last: windows.slice(-count) };
}

/** @throws MemoryError unless every window found the buffers that were planned, and none was made on the way. */
export function steadyBytes(marks: readonly Mark[], planned: number): Ends<number> {
  const [first, last] = [marks[0]!, marks.at(-1)!];
  const odd = marks.find(({ bytes, made }) => bytes !== planned || made !== first.made);
  if (odd) {
    throw new MemoryError(
      `bench steady: expected ${planned} bytes in ${first.made} buffers because they were planned, ` +
        `got ${odd.bytes} with ${odd.made} ever made at ${odd.audio} s`,
    );
  }
  return { first: first.bytes, last: last.bytes };
}

/** Milliseconds of a phase, of a window in each tenth. */
export function phaseSpread(windows: readonly WindowCost[], phase: string): Ends<Spread> {
  const { first, last } = tenths(windows);
  const of = (some: readonly WindowCost[]) => spread(some.map(({ phases }) => phases[phase] ?? 0));
  return { first: of(first), last: of(last) };
}

/** What a minute of audio takes: seconds, and tokens. */
export interface Rate {
  readonly seconds: number;
  readonly tokens: number;
}

/** Of the windows that begin before the middle of the audio, and of the others. */
export function halves(windows: readonly WindowCost[]): Ends<Rate> {
  const { begin, audio } = windows.at(-1)!;
  const middle = (begin + audio) / 2;
  return {
    first: rate(windows.filter((window) => window.begin < middle)),
    last: rate(windows.filter((window) => window.begin >= middle)),
  };
}

function rate(windows: readonly WindowCost[]): Rate {
  const sum = (of: (window: WindowCost) => number) => windows.reduce((total, window) => total + of(window), 0);
  const minutes = sum(({ audio }) => audio) / 60;
  return { seconds: sum(({ ms }) => ms) / 1000 / minutes, tokens: sum(({ tokens }) => tokens) / minutes };
}

/** Tokens of a window around a place in it, in several decodings. */
export interface PlaceCost {
  /** The first and the last token timed. */
  readonly from: number;
  readonly to: number;
  /** Of a token. */
  readonly ms: Spread;
}

/** The `nearest` steps to a token of a window, of each decoding. Tokens count from 0. */
export function costNear(decodings: readonly (readonly Step[])[], token: number, nearest: number): PlaceCost {
  const distance = ({ sampled, count }: Step) => Math.abs(sampled + (count - 1) / 2 - token);
  const near = decodings.flatMap((steps) => steps.toSorted((a, b) => distance(a) - distance(b)).slice(0, nearest));
  return {
    from: Math.min(...near.map(({ sampled }) => sampled)),
    to: Math.max(...near.map(({ sampled, count }) => sampled + count - 1)),
    ms: spread(near.map(({ ms, count }) => ms / count)),
  };
}
