// Runs inside the process that is measured: hands the engine that the program loads to the suite that the job names.

import { measureMemory } from '../memory/measure.ts';
import { answer, type Job, readJob } from '../process/answer.ts';
import { measureSpeed } from '../speed/measure.ts';
import type { Subject } from './subject.ts';

export async function drive(load: (job: Job) => Promise<Subject>): Promise<never> {
  const job = readJob();
  const measure = { memory: measureMemory, speed: measureSpeed }[job.suite];
  return answer(await measure(job, () => load(job)));
}
