// Runs inside the process that is measured: loads an engine and transcribes the short clip, by the clock.

import type { Subject } from '../engines/subject.ts';
import { type Job, timed } from '../process/answer.ts';
import { shortClip } from '../process/clip.ts';
import { readMeter } from '../process/meter.ts';
import type { Call, SpeedSample } from './job.ts';

export async function measureSpeed({ repeats }: Job, load: () => Promise<Subject>): Promise<SpeedSample> {
  const clip = await shortClip();
  const [subject, loadSeconds] = await timed(load);
  const transcribe = () => subject.transcribe!(clip);
  let [text, first] = await timed(transcribe);
  const calls: Call[] = [];
  for (let i = 0; i < repeats; i++) {
    const [again, seconds] = await timed(transcribe);
    text = again;
    calls.push({ seconds, stages: await subject.stages?.() });
  }
  const meter = readMeter();
  await subject.dispose();
  return {
    ...{ version: subject.version, text, load: loadSeconds, first, calls },
    ...{ driverPeak: meter?.peak, deviceName: meter?.deviceName },
  };
}
