// Bounds that need no search: what no packing can beat (bytes live at once) and what every packing beats (no sharing).

import { livePieces } from './gaps.ts';
import { compileInstance, type Instance, sectionOf } from './instance.ts';
import { alignUp, checkProblem, type Problem } from './problem.ts';

/**
 * The most bytes live at once, sizes rounded up to the alignment all buffers share. No packing is lower.
 * @throws OptionError when the problem is malformed.
 */
export function lowerBound(problem: Problem): number {
  checkProblem(problem, 'lowerBound');
  return peakBytes(compileInstance(problem));
}

/** A moment at which most bytes are live, the first such, and the indices of the buffers that are. */
export interface Peak {
  readonly time: number;
  readonly buffers: readonly number[];
}

/**
 * Where the lower bound comes from: to lower it, some of these buffers must go or shrink. Undefined without buffers.
 * @throws OptionError when the problem is malformed.
 */
export function peakMoment(problem: Problem): Peak | undefined {
  checkProblem(problem, 'peakMoment');
  const instance = compileInstance(problem);
  const live = liveBytes(instance);
  if (live.length === 0) return undefined;
  const time = instance.times[live.indexOf(live.reduce((most, bytes) => Math.max(most, bytes), 0))];
  const isLive = (b: number) =>
    livePieces(problem.buffers[b]).some(({ lower, upper, low, high }) => lower <= time && time < upper && low < high);
  return { time, buffers: Array.from(problem.buffers.keys()).filter(isLive) };
}

/**
 * Bytes when no two buffers share an address: each starts at its first aligned place after the one before.
 * @throws OptionError when the problem is malformed.
 */
export function naiveBytes(problem: Problem): number {
  checkProblem(problem, 'naiveBytes');
  return problem.buffers.reduce((end, { size, alignment = 1 }) => alignUp(end, alignment) + size, 0);
}

/** Bytes live in each section. [sections] */
export function liveBytes(instance: Instance): Float64Array {
  const live = new Float64Array(instance.sections + 1); // first the change at each section's start, then its sum
  const add = (lower: number, upper: number, bytes: number) => {
    live[lower] += bytes;
    live[upper] -= bytes;
  };
  for (let b = 0; b < instance.count; b++) {
    const buffer = instance.buffers[b];
    if (!buffer.gaps?.length) add(instance.lower[b], instance.upper[b], instance.size[b]);
    else {
      for (const { lower, upper, low, high } of livePieces(buffer)) {
        add(sectionOf(instance, lower), sectionOf(instance, upper), high - low);
      }
    }
  }
  for (let section = 1; section < live.length; section++) live[section] += live[section - 1];
  return live.subarray(0, instance.sections);
}

/** The lower bound of a compiled problem. */
export function peakBytes(instance: Instance): number {
  // A reduction, because a spread of 60k sections would overflow the stack. Pieces of gapped buffers start anywhere.
  const peak = liveBytes(instance).reduce((most, bytes) => Math.max(most, bytes), 0);
  return alignUp(peak, instance.unit);
}
