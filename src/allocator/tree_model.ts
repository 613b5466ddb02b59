// The problem as the tree search sees it: solid buffers, sizes in units of their common divisor. Rounding sizes up to
// one alignment and filling gaps keeps every packing valid, but then a failed search proves nothing: `faithful` says.

import type { Instance } from './instance.ts';
import { liveBytes } from './lower_bound.ts';
import { alignUp, greatestCommonDivisor } from './problem.ts';

export interface TreeModel {
  readonly count: number;
  readonly sections: number;
  /** Sections [lower[b], upper[b]) of model buffer b. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Units of buffer b: at least 1, for buffers without bytes are left out. */
  readonly size: Float64Array;
  /** Index of model buffer b in the instance. */
  readonly source: Int32Array;
  /** Units live in each section. */
  readonly live: Float64Array;
  /** Bytes of a unit. */
  readonly unit: number;
  /** True when the model has a packing of a height exactly when the problem has. */
  readonly faithful: boolean;
  /** Buffers that meet buffer b in time are meets[meetsFrom[b]] to meets[meetsFrom[b + 1] - 1]. */
  readonly meets: Int32Array;
  readonly meetsFrom: Int32Array;
}

/** A part to solve by itself: the unplaced buffers list[first] to list[end - 1], living in sections [from, to). */
export interface Part {
  first: number;
  end: number;
  from: number;
  to: number;
}

/** A tree over more buffers, or with more meetings in time, is too slow to beat the heuristics and too large to hold. */
const MOST_BUFFERS = 2048;
const MOST_MEETINGS = 2 ** 22;

/** Builds the model, or nothing when the instance is too large or its alignments have no common multiple to work in. */
export function createTreeModel(instance: Instance): TreeModel | undefined {
  const source = Int32Array.from([...instance.size.keys()].filter((b) => instance.size[b] > 0));
  if (source.length > MOST_BUFFERS) return undefined;
  const alignment = instance.alignment.reduce(leastCommonMultiple, 1);
  const rounded = instance.size.map((size) => alignUp(size, alignment));
  if (!Number.isSafeInteger(rounded.reduce((sum, size) => sum + size, alignment))) return undefined;
  const solid = { ...instance, size: rounded, buffers: instance.buffers.map(({ gaps: _, ...buffer }) => buffer) };
  const unit = rounded.reduce(greatestCommonDivisor, 0) || 1;
  const lower = instance.lower.filter((_, b) => instance.size[b] > 0);
  const upper = instance.upper.filter((_, b) => instance.size[b] > 0);
  const meetings = findMeetings(lower, upper);
  if (meetings === undefined) return undefined;
  return {
    count: source.length,
    sections: instance.sections,
    lower,
    upper,
    size: Float64Array.from(source, (b) => rounded[b] / unit),
    source,
    live: liveBytes(solid).map((bytes) => bytes / unit),
    unit,
    faithful: !instance.gapped && instance.alignment.every((one) => one === alignment),
    ...meetings,
  };
}

function findMeetings(lower: Int32Array, upper: Int32Array): Pick<TreeModel, 'meets' | 'meetsFrom'> | undefined {
  const count = lower.length;
  const meetsFrom = new Int32Array(count + 1);
  const meets: number[] = [];
  for (let b = 0; b < count; b++) {
    for (let c = 0; c < count; c++) if (c !== b && lower[c] < upper[b] && lower[b] < upper[c]) meets.push(c);
    meetsFrom[b + 1] = meets.length;
    if (meets.length > MOST_MEETINGS) return undefined;
  }
  return { meets: Int32Array.from(meets), meetsFrom };
}

function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b;
}
