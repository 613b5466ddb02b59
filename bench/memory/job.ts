// What the suite asks of a process, and what the process answers. A row of the tables is one job, run in a process of its own.

export interface Job {
  /** Model folder or file. */
  readonly path: string;
  /** Published name, `tiny.en`. */
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Calls on the short clip after the first. */
  readonly repeats: number;
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
export interface Sample {
  /** Packages and versions. */
  readonly version: string;
  /** Vulkan device that the meter saw. */
  readonly deviceName?: string;
  /** Adapter as the engine itself names it, where it does. */
  readonly adapter?: { readonly name: string; readonly kind: string };
  readonly weightBytes?: number;
  /** Buffers planned; the engine asserts that they are those created. */
  readonly plannedBytes?: number;
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

/** An engine with its model loaded, as the harness drives it. */
export interface Subject extends Pick<Sample, 'version' | 'adapter' | 'weightBytes' | 'plannedBytes'> {
  /** Greedy, English, no fallback, windows independent of one another. Absent: an empty device. */
  transcribe?(samples: Float32Array): Promise<string>;
  dispose(): Promise<void>;
}
