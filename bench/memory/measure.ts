// Runs inside the process that is measured: loads an engine, transcribes, and tells the bytes at each stage.

import type { Subject } from '../engines/subject.ts';
import { type Job, peakRss, timed } from '../process/answer.ts';
import { longClip, shortClip } from '../process/clip.ts';
import { readMeter } from '../process/meter.ts';
import { spread } from '../report/spread.ts';
import type { MemoryJob, Sample, Transcribed, Usage } from './job.ts';

/** Loads, transcribes the short clip, again, and the long one, disposes. */
export async function measureMemory(job: Job, load: () => Promise<Subject>): Promise<Sample> {
  const clip = await shortClip();
  const [subject, loadSeconds] = await timed(load);
  const transcribe = subject.transcribe?.bind(subject);
  const transcribed = transcribe && (await transcribeAll(transcribe, clip, job as MemoryJob, loadSeconds));
  await subject.dispose();
  const meter = readMeter();
  const { version, adapter, weightBytes, plannedBytes } = subject;
  return {
    ...{ version, adapter, weightBytes, plannedBytes, transcribed },
    deviceName: meter?.deviceName,
    peak: { driver: meter?.peak, rss: peakRss() },
    peakDeviceLocal: meter?.peakDeviceLocal,
    peakImported: meter?.peakImported,
    afterDispose: usage(),
  };
}

async function transcribeAll(
  transcribe: (samples: Float32Array) => Promise<string>,
  clip: Float32Array,
  { repeats, windows }: MemoryJob,
  load: number,
): Promise<Transcribed> {
  const [text, first] = await timed(() => transcribe(clip));
  const afterFirstWindow = usage();
  const perWindow: number[] = [];
  for (let i = 0; i < repeats; i++) perWindow.push((await timed(() => transcribe(clip)))[1]);
  const long = longClip(clip, windows);
  const [longText, longSeconds] = await timed(() => transcribe(long));
  const afterLastWindow = usage();
  perWindow.push(longSeconds / windows);
  const { min: windowMin, median: windowMedian } = spread(perWindow);
  const seconds = { load, first, windowMin, windowMedian };
  return { text, longText, afterFirstWindow, afterLastWindow, seconds };
}

function usage(): Usage {
  return { driver: readMeter()?.held, rss: process.memoryUsage.rss() };
}
