// Which adapter the suite runs on: the one that an empty device of ours gets, and what makes every other engine take it.

import { AdapterError } from '../../src/errors.ts';
import type { MemoryJob, Sample } from '../memory/job.ts';
import type { Meter } from '../process/meter.ts';
import { adapterEnvironment, runJob } from '../process/run.ts';
import { EMPTY_DEVICES } from './engines.ts';

export interface SuiteAdapter {
  readonly name: string;
  readonly kind: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the empty device; `deviceName` is what the meter saw. */
  readonly sample: Sample;
}

/** @throws AdapterError when no device could be made. */
export async function findAdapter(meter: Meter): Promise<SuiteAdapter> {
  const [{ command, options }] = EMPTY_DEVICES;
  const job: MemoryJob = { suite: 'memory', path: '', model: '', options, repeats: 0, windows: 0 };
  const outcome = await runJob<Sample>(command, job, meter, {});
  if ('failed' in outcome) throw new AdapterError(`bench: expected a device, got ${outcome.failed}`);
  const { name, kind } = outcome.sample.adapter!;
  return { name, kind, environment: await adapterEnvironment(kind), sample: outcome.sample };
}
