// What the host's memory does while something runs: every collection of garbage, and what is held before and after.
//
// V8's own record of collections is used, not a PerformanceObserver: it has the same counts and times, but also the heap before and after
// each, so that what was allocated between them is known; and it makes no garbage of its own.

import { GCProfiler, type GCProfilerResult, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes held once garbage is gone. */
export interface HostMemory {
  readonly heap: number;
  /** Beside the heap: typed arrays, the audio's samples among them where they are in memory. */
  readonly arrayBuffers: number;
  /** Of the whole process. On a software driver all Vulkan memory is in it. */
  readonly resident: number;
}

/** Collections of one kind: Scavenge is of young objects, MarkSweepCompact of all, IncrementalMarking prepares the latter. */
export interface Collections {
  readonly kind: string;
  readonly count: number;
  /** Milliseconds that the program stood still: in all, and the longest time. */
  readonly ms: number;
  readonly longest: number;
  readonly freed: number;
}

export interface HostRun {
  readonly begin: HostMemory;
  readonly end: HostMemory;
  readonly collections: readonly Collections[];
  /** Bytes allocated on the heap: what collections freed, and by how much it grew. */
  readonly allocated: number;
}

/** Watches from now on; the function returned ends it. What the watch itself forces is not counted. */
export function watchHost(): () => HostRun {
  const collect = exposeGc();
  const begin = held(collect);
  const profiler = new GCProfiler();
  profiler.start();
  return () => {
    const heap = process.memoryUsage().heapUsed;
    const collections = byKind(profiler.stop().statistics);
    const freed = collections.reduce((sum, kind) => sum + kind.freed, 0);
    return { begin, end: held(collect), collections, allocated: heap - begin.heap + freed };
  };
}

export function byKind(statistics: GCProfilerResult['statistics']): Collections[] {
  return [...new Set(statistics.map(({ gcType }) => gcType))].map((kind) => {
    const own = statistics.filter(({ gcType }) => gcType === kind);
    const ms = own.map(({ cost }) => cost / 1000);
    return {
      kind,
      count: own.length,
      ms: ms.reduce((sum, one) => sum + one, 0),
      longest: Math.max(...ms),
      freed: own.reduce((sum, { beforeGC, afterGC }) => sum + heapOf(beforeGC) - heapOf(afterGC), 0),
    };
  });
}

const heapOf = ({ heapStatistics }: GCProfilerResult['statistics'][number]['beforeGC']) => heapStatistics.usedHeapSize;

function held(collect: () => void): HostMemory {
  collect();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed, arrayBuffers, resident: rss };
}

function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
