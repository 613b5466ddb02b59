// What a process of the speed suite answers. Seconds throughout.

import type { Stages, Subject } from '../engines/subject.ts';
import type { Job } from '../process/answer.ts';

export interface SpeedJob extends Job {
  readonly suite: 'speed';
  /** File of the clip's samples, f32, for programs that are not in TypeScript. */
  readonly clip: string;
}

/** A process: its model loaded, the clip transcribed once, and again. */
export interface SpeedSample extends Pick<Subject, 'version'> {
  /** Of the last call. */
  readonly text: string;
  /** The call that loads the model, the engine's modules being there. */
  readonly load: number;
  /** The first transcription: drivers compile kernels then, or find them in their cache. */
  readonly first: number;
  /** Those after it. */
  readonly calls: readonly Call[];
  /** Bytes of the driver at most, and the device, where the process ran under the memory meter. */
  readonly driverPeak?: number;
  readonly deviceName?: string;
}

export interface Call {
  readonly seconds: number;
  readonly stages?: Stages | undefined;
}
