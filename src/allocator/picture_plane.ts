// What both pictures of a packing share: the plane of time and addresses, the pieces that lie on it, and how its axes are divided.

import { OptionError } from '../errors.ts';
import { livePieces } from './gaps.ts';
import type { Packing, Problem } from './problem.ts';

/** A named moment on the time axis: where a phase begins. It ends where the next begins. */
export interface PhaseMark {
  readonly time: number;
  readonly name: string;
}

/** What a buffer is for. Buffers of a kind share a colour or a letter, and an entry in the legend. */
export interface Kind {
  readonly name: string;
  /** A CSS colour, light enough for dark text on it. */
  readonly colour: string;
  /** One character. */
  readonly letter: string;
}

/** The part of the time and address plane that a packing takes up. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly height: number;
}

/** A live piece of a buffer, where it was placed. */
export interface Rectangle {
  readonly buffer: number;
  readonly left: number; // times
  readonly right: number;
  readonly low: number; // addresses
  readonly high: number;
}

/** A phase's stretch of time. */
export interface Band {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export type Drawn = Pick<Packing, 'offsets' | 'height' | 'lowerBound'>;

/** From the first start to the last end. A packing without buffers is given one empty moment. */
export function extentOf({ buffers }: Problem, { height }: Drawn): Extent {
  const start = buffers.reduce((first, { lower }) => Math.min(first, lower), Number.POSITIVE_INFINITY);
  const end = buffers.reduce((last, { upper }) => Math.max(last, upper), Number.NEGATIVE_INFINITY);
  return buffers.length === 0 ? { start: 0, end: 1, height } : { start, end, height };
}

/** The pieces of all buffers as rectangles; buffers without bytes have none. */
export function placedPieces({ buffers }: Problem, { offsets }: Drawn, where: string): Rectangle[] {
  if (offsets.length !== buffers.length) {
    throw new OptionError(`${where}: expected ${buffers.length} offsets, one a buffer, got ${offsets.length}`);
  }
  return buffers.flatMap((one, buffer) =>
    livePieces(one)
      .filter(({ low, high }) => low < high)
      .map(({ lower, upper, low, high }) => {
        return { buffer, left: lower, right: upper, low: offsets[buffer] + low, high: offsets[buffer] + high };
      }),
  );
}

/** The phases in order of time, cut to the extent; those outside it are left out. */
export function bandsOf(phases: readonly PhaseMark[], { start, end }: Extent): Band[] {
  const marks = phases.toSorted((a, b) => a.time - b.time);
  return marks
    .map(({ name, time }, i) => {
      return { name, start: Math.max(start, time), end: Math.min(end, marks[i + 1]?.time ?? end) };
    })
    .filter((band) => band.start < band.end);
}

/** Least share of the time axis for each phase, as long as all together take no more than `MOST_WIDENED`. */
const LEAST_SHARE = 0.06;
const MOST_WIDENED = 0.5;

/** Maps times to [0, 1]. Linear inside a phase; short phases are widened until they can be seen, at the long ones' cost. */
export function timeScale(bands: readonly Band[], { start, end }: Extent): (time: number) => number {
  const first = bands[0];
  const parts = first && first.start > start ? [{ start, end: first.start }, ...bands] : bands;
  if (parts.length < 2) return (time) => (time - start) / (end - start);
  const least = Math.min(LEAST_SHARE, MOST_WIDENED / parts.length);
  const shares = parts.map((part) => least + ((1 - least * parts.length) * (part.end - part.start)) / (end - start));
  const begins = shares.map((_, i) => shares.slice(0, i).reduce((sum, share) => sum + share, 0));
  return (time) => {
    const i = Math.max(
      0,
      parts.findLastIndex((part) => part.start <= time),
    );
    const part = parts[i];
    return begins[i] + (shares[i] * (time - part.start)) / (part.end - part.start);
  };
}

/** Bytes with three figures and a decimal unit: 1152000 -> `1.15 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3 + 1e-9));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[power]}`;
}

/** The kinds that occur, in order of first use. */
export function kindsUsed(kinds: readonly Kind[]): Kind[] {
  return [...new Map(kinds.map((kind) => [kind.name, kind])).values()];
}
