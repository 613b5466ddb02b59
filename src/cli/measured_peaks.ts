// Peak GPU memory of engines as the driver counted it, for `plan --compare`: out of the results of `bench -- memory`, which ship with the
// package. Measured, so true of these versions on this adapter alone.

import { readFileSync } from 'node:fs';

const RESULTS = new URL('../../bench/results/memory.lavapipe.json', import.meta.url);

export interface MeasuredPeaks {
  readonly measuredOn: MeasuredOn;
  readonly peaks: readonly MeasuredPeak[];
}

export interface MeasuredOn {
  readonly command: string;
  readonly adapter: string;
  readonly machine: string;
  /** Of 30 s, transcribed one after another, after calls with one window. */
  readonly windows: number;
  /** By engine. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface MeasuredPeak {
  readonly model: string;
  readonly engine: string;
  /** Weights, and what else tells rows of an engine apart. */
  readonly label: string;
  /** Most bytes of device memory allocated from the driver at once. */
  readonly driverBytes: number;
}

/** What is read of the bench's rows; no sample where a row was skipped, no driver's peak where nothing counted it. */
interface Row extends Pick<MeasuredPeak, 'model' | 'engine' | 'label'> {
  readonly sample?: { readonly version: string; readonly peak: { readonly driver?: number } };
}

export function readMeasuredPeaks(): MeasuredPeaks {
  const { command, adapter, machine, windows, rows } = JSON.parse(readFileSync(RESULTS, 'utf8')) as Omit<
    MeasuredOn,
    'versions'
  > & { readonly rows: readonly Row[] };
  const versions: Record<string, string> = {};
  const peaks = rows.flatMap(({ model, engine, label, sample }) => {
    if (sample?.peak.driver === undefined) return [];
    versions[engine] = sample.version;
    return { model, engine, label, driverBytes: sample.peak.driver };
  });
  return { measuredOn: { command, adapter, machine, windows, versions }, peaks };
}
