// Runs inside the process that is measured: loads an engine, transcribes, and prints one line with the bytes at each stage. The programs
// that call this differ only in the engine they hand over.

import { readFileSync } from 'node:fs';
import { longClip, shortClip } from './clip.ts';
import type { Job, Sample, Subject, Transcribed, Usage } from './job.ts';
import { readMeter } from './meter.ts';

/** Begins the line of standard output that holds the answer; engines print what they like on other lines. */
export const ANSWER = 'memory-bench-answer ';

export function readJob(): Job {
  return JSON.parse(process.argv[2] ?? '{}') as Job;
}

/** Loads, transcribes the short clip, again, and the long one, disposes; prints a Sample and ends the process. */
export async function measure(job: Job, load: () => Promise<Subject>): Promise<never> {
  const clip = await shortClip();
  const [subject, loadSeconds] = await timed(load);
  const transcribe = subject.transcribe?.bind(subject);
  const transcribed = transcribe && (await transcribeAll(transcribe, clip, job, loadSeconds));
  await subject.dispose();
  const meter = readMeter();
  const { version, adapter, weightBytes, plannedBytes } = subject;
  const sample: Sample = {
    ...{ version, adapter, weightBytes, plannedBytes, transcribed },
    deviceName: meter?.deviceName,
    peak: { driver: meter?.peak, rss: peakRss() },
    peakDeviceLocal: meter?.peakDeviceLocal,
    peakImported: meter?.peakImported,
    afterDispose: usage(),
  };
  process.stdout.write(`\n${ANSWER}${JSON.stringify(sample)}\n`, () => process.exit(0));
  return new Promise(() => {}); // the end of the write ends the process
}

async function transcribeAll(
  transcribe: NonNullable<Subject['transcribe']>,
  clip: Float32Array,
  { repeats, windows }: Job,
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
  perWindow.sort((a, b) => a - b);
  const seconds = { load, first, windowMin: perWindow[0]!, windowMedian: perWindow[perWindow.length >> 1]! };
  return { text, longText, afterFirstWindow, afterLastWindow, seconds };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}

function usage(): Usage {
  return { driver: readMeter()?.held, rss: process.memoryUsage.rss() };
}

/** Most bytes resident at once. Linux's getrusage counts what the parent had before exec, so /proc is asked there. */
function peakRss(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1024;
}
