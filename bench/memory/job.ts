// What the suite asks of a process, and what the process answers. A row of the tables is one job, run in a process of its own.

import type { Subject } from '../engines/subject.ts';
import type { Job } from '../process/answer.ts';

export interface MemoryJob extends Job {
  readonly suite: 'memory';
  /** Windows of the long clip. */
  readonly windows: number;
}

/** Bytes. `driver` is what the memory meter counted, absent where there is none. */
export interface Usage {
  readonly driver?: number;
  /** Resident set of the process. */
  readonly rss: number;
}

/** What a process with an engine, or with an empty device, used at most. Bytes. */
export interface Sample extends Pick<Subject, 'version' | 'adapter' | 'weightBytes' | 'plannedBytes'> {
  /** Vulkan device that the meter saw. */
  readonly deviceName?: string;
  readonly peak: Usage;
  /** Of the driver's peak: memory of the device itself. */
  readonly peakDeviceLocal?: number;
  /** Memory that existed already when the driver got it; in no other figure. */
  readonly peakImported?: number;
  readonly afterDispose: Usage;
  /** Absent for an empty device. */
  readonly transcribed?: Transcribed;
}

export interface Transcribed {
  readonly afterFirstWindow: Usage;
  readonly afterLastWindow: Usage;
  readonly seconds: Seconds;
  /** Of the short clip, and of the long one. */
  readonly text: string;
  readonly longText: string;
}

export interface Seconds {
  readonly load: number;
  /** First window of the process: drivers compile kernels then, or find them in their cache. */
  readonly first: number;
  /** Of a window, over the calls after the first; the long clip counts as one call, by its mean. */
  readonly windowMin: number;
  readonly windowMedian: number;
}
