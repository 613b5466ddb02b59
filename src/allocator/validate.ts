// Checks a packing the plain way, pair by pair and moment by moment. Shares no code with the packer, not even the
// arithmetic, so that one mistake cannot hide another.

import type { Buffer, Packing, Problem } from './problem.ts';

export type Rule = 'count' | 'offset' | 'alignment' | 'capacity' | 'overlap' | 'height';

/** A broken rule and the indices of the buffers that break it. */
export interface Fault {
  readonly rule: Rule;
  readonly buffers: readonly number[];
  readonly message: string;
}

/** Lists every fault of a packing; none means valid. The capacity is the problem's. O(n^2). */
export function validatePacking(problem: Problem, packing: Pick<Packing, 'offsets' | 'height'>): Fault[] {
  const { buffers } = problem;
  const { offsets } = packing;
  if (offsets.length !== buffers.length) {
    return [{ rule: 'count', buffers: [], message: `${offsets.length} offsets for ${buffers.length} buffers` }];
  }
  return [
    ...buffers.flatMap((_, index) => placeFaults(problem, offsets, index)),
    ...heightFaults(problem, packing),
    ...overlapFaults(buffers, offsets),
  ];
}

function placeFaults({ buffers, capacity }: Problem, offsets: readonly number[], index: number): Fault[] {
  const { id, size, alignment = 1 } = buffers[index];
  const offset = offsets[index];
  const fault = (rule: Rule, message: string): Fault => ({ rule, buffers: [index], message: `${id} ${message}` });
  const faults: Fault[] = [];
  if (!Number.isSafeInteger(offset) || offset < 0) faults.push(fault('offset', `lies at ${offset}`));
  if (offset % alignment !== 0) faults.push(fault('alignment', `lies at ${offset}, no multiple of ${alignment}`));
  if (capacity !== undefined && offset + size > capacity) {
    faults.push(fault('capacity', `ends at ${offset + size}, above ${capacity}`));
  }
  return faults;
}

/** The height is the least multiple of the largest alignment that all buffers share at which none sticks out. */
function heightFaults({ buffers }: Problem, { offsets, height }: Pick<Packing, 'offsets' | 'height'>): Fault[] {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  const unit = buffers.reduce((all, { alignment = 1 }) => common(all, alignment), 0) || 1;
  const end = buffers.reduce((highest, { size }, index) => Math.max(highest, offsets[index] + size), 0);
  const expected = Math.ceil(end / unit) * unit;
  if (height === expected) return [];
  return [{ rule: 'height', buffers: [], message: `height is given as ${height}, the buffers need ${expected}` }];
}

function overlapFaults(buffers: readonly Buffer[], offsets: readonly number[]): Fault[] {
  const faults: Fault[] = [];
  for (let i = 0; i < buffers.length; i++) {
    for (let j = i + 1; j < buffers.length; j++) {
      const time = collision(buffers[i], offsets[i], buffers[j], offsets[j]);
      if (time === undefined) continue;
      const message = `${buffers[i].id} at ${offsets[i]} and ${buffers[j].id} at ${offsets[j]} meet at time ${time}`;
      faults.push({ rule: 'overlap', buffers: [i, j], message });
    }
  }
  return faults;
}

/** The first moment at which two buffers share a byte. What is live changes only at the moments looked at. */
function collision(a: Buffer, offsetA: number, b: Buffer, offsetB: number): number | undefined {
  if (a.upper <= b.lower || b.upper <= a.lower) return undefined;
  if (offsetA + a.size <= offsetB || offsetB + b.size <= offsetA) return undefined;
  const changes = [a, b].flatMap(({ lower, gaps = [] }) => [lower, ...gaps.flatMap((gap) => [gap.lower, gap.upper])]);
  return changes
    .sort((s, t) => s - t)
    .find((time) => {
      const [fromA, toA] = bytesAt(a, time);
      const [fromB, toB] = bytesAt(b, time);
      return Math.max(fromA + offsetA, fromB + offsetB) < Math.min(toA + offsetA, toB + offsetB);
    });
}

/** The bytes [from, to) of a buffer live at `time`; [0, 0) when none are. */
function bytesAt({ lower, upper, size, gaps = [] }: Buffer, time: number): readonly [number, number] {
  if (time < lower || time >= upper) return [0, 0];
  const gap = gaps.find((one) => one.lower <= time && time < one.upper);
  if (gap === undefined) return [0, size];
  return gap.window ? [gap.window.lower, gap.window.upper] : [0, 0];
}
