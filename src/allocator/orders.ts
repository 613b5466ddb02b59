// Orders in which a greedy packer may take the buffers. Each is a list of keys, the first deciding, the next breaking
// ties. No order wins everywhere, so packers try several and keep the best.

import type { Instance } from './instance.ts';
import { liveBytes } from './lower_bound.ts';

/**
 * What to compare; the larger value goes first unless said otherwise.
 * peak: most bytes live in any section of the buffer's life (minimalloc's T); duration: W; area: A, bytes times
 * duration; size: Z; start: earlier first; end: later first, start's mirror; conflicts: buffers met in time; whole: lives from first to last
 * section; sections: how many the life spans; hint: lower first, buffers without one last.
 */
export type Key = 'peak' | 'size' | 'duration' | 'area' | 'start' | 'end' | 'conflicts' | 'whole' | 'sections' | 'hint';
export type OrderName = keyof typeof ORDERS;

/** The portfolio, in the order in which it is tried. Those with a comment are other planners' own. */
export const ORDERS = {
  tflite: ['whole', 'size', 'start'], // TensorFlow Lite's arena_planner.cc
  size: ['size', 'duration'],
  peak: ['peak', 'whole', 'size', 'duration'],
  start: ['start', 'size', 'duration'],
  area: ['area', 'size'],
  duration: ['duration', 'size'],
  end: ['end', 'size'],
  conflicts: ['conflicts', 'size'],
  execution: ['start'], // ggml, ONNX Runtime: as tensors come to life
  WAT: ['duration', 'area', 'peak'], // MiniMalloc (ASPLOS'23), like the next two
  TAW: ['peak', 'area', 'duration'],
  TWA: ['peak', 'duration', 'area'],
} as const satisfies Record<string, readonly Key[]>;

/** Makes orders of one instance; each key is computed when first asked for. Ties end at the buffer index. */
export function createSorter(instance: Instance): (keys: readonly Key[]) => Int32Array {
  const columns = new Map<Key, Float64Array>();
  const column = (key: Key) => {
    const values = columns.get(key) ?? keyColumn(instance, key);
    columns.set(key, values);
    return values;
  };
  return (keys) => {
    const values = keys.map(column);
    return Int32Array.from({ length: instance.count }, (_, b) => b).sort((a, b) => {
      for (const value of values) if (value[a] !== value[b]) return value[b] - value[a];
      return a - b;
    });
  };
}

function keyColumn(instance: Instance, key: Key): Float64Array {
  const { count, size, lower, upper, times, sections, buffers } = instance;
  const fill = (value: (b: number) => number) => Float64Array.from({ length: count }, (_, b) => value(b));
  const duration = (b: number) => times[upper[b]] - times[lower[b]];
  switch (key) {
    case 'peak':
      return rangePeaks(instance);
    case 'size':
      return size;
    case 'duration':
      return fill(duration);
    case 'area':
      return fill((b) => size[b] * duration(b));
    case 'start':
      return fill((b) => -lower[b]);
    case 'end':
      return fill((b) => upper[b]);
    case 'conflicts':
      return conflictCounts(instance);
    case 'whole':
      return fill((b) => (lower[b] === 0 && upper[b] === sections ? 1 : 0));
    case 'sections':
      return fill((b) => upper[b] - lower[b]);
    case 'hint':
      return fill((b) => -(buffers[b].hint ?? Number.MAX_SAFE_INTEGER));
    default:
      return key satisfies never;
  }
}

/** For each buffer the most bytes live in a section of its life, by a sparse table: row k holds maxima of 2^k. */
function rangePeaks(instance: Instance): Float64Array {
  const rows = [liveBytes(instance)];
  for (let reach = 1; 2 * reach <= instance.sections; reach *= 2) {
    const row = rows[rows.length - 1];
    const wider = new Float64Array(row.length - reach);
    for (let s = 0; s < wider.length; s++) wider[s] = Math.max(row[s], row[s + reach]);
    rows.push(wider);
  }
  const peaks = new Float64Array(instance.count);
  for (let b = 0; b < instance.count; b++) {
    const k = 31 - Math.clz32(instance.upper[b] - instance.lower[b]);
    peaks[b] = Math.max(rows[k][instance.lower[b]], rows[k][instance.upper[b] - 2 ** k]);
  }
  return peaks;
}

/** Buffers met in time: all but those that end before this one starts, or start after it ends, and itself. */
function conflictCounts({ count, sections, lower, upper }: Instance): Float64Array {
  const ended = new Float64Array(sections + 1); // buffers with upper <= section
  const started = new Float64Array(sections + 1); // buffers with lower < section
  for (let b = 0; b < count; b++) {
    ended[upper[b]]++;
    if (lower[b] < sections) started[lower[b] + 1]++;
  }
  for (let s = 1; s <= sections; s++) {
    ended[s] += ended[s - 1];
    started[s] += started[s - 1];
  }
  return Float64Array.from({ length: count }, (_, b) => started[upper[b]] - ended[lower[b]] - 1);
}
