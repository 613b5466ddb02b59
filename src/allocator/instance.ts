// A problem as typed columns, with times cut into sections. A section is a stretch of time in which no buffer starts
// or ends, so buffers meet in time exactly when they share a section. Every improver works on this form.

import { gapTimes } from './gaps.ts';
import { alignUp, type Buffer, greatestCommonDivisor, type Problem } from './problem.ts';

export interface Instance {
  readonly buffers: readonly Buffer[];
  readonly count: number;
  readonly sections: number;
  /** Sections [lower[b], upper[b]) of buffer b, gaps included. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Bytes, rounded up to a multiple of `unit`. */
  readonly size: Float64Array;
  readonly alignment: Float64Array;
  /** Start time of each section, and the end of the last: sections + 1 values. */
  readonly times: Float64Array;
  readonly gapped: boolean;
  /** Greatest common divisor of the alignments: offsets and heights are multiples of it. */
  readonly unit: number;
}

/** Cuts time into sections and lays the buffers out as columns. Expects a checked problem. O(n log n). */
export function compileInstance({ buffers }: Problem): Instance {
  const times = sortedTimes(buffers);
  const alignment = Float64Array.from(buffers, (buffer) => buffer.alignment ?? 1);
  const unit = alignment.reduce(greatestCommonDivisor, 0) || 1;
  const sectionAt = new Map<number, number>();
  times.forEach((time, section) => {
    sectionAt.set(time, section);
  });
  return {
    buffers,
    count: buffers.length,
    sections: Math.max(0, times.length - 1),
    lower: Int32Array.from(buffers, (buffer) => sectionAt.get(buffer.lower)!),
    upper: Int32Array.from(buffers, (buffer) => sectionAt.get(buffer.upper)!),
    size: Float64Array.from(buffers, (buffer) => alignUp(buffer.size, unit)),
    alignment,
    unit,
    times,
    gapped: buffers.some((buffer) => buffer.gaps !== undefined && buffer.gaps.length > 0),
  };
}

/** The section that starts at a buffer's or gap's `time`. O(log n). */
export function sectionOf({ times }: Instance, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedTimes(buffers: readonly Buffer[]): Float64Array {
  const all = Float64Array.from(buffers.flatMap((buffer) => [buffer.lower, buffer.upper, ...gapTimes(buffer)])).sort();
  return all.filter((time, index) => index === 0 || time !== all[index - 1]);
}
