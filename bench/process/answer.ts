// How a process that measures is asked, and how it answers: a job as JSON on its command line, one line of JSON on standard output.

import { readFileSync } from 'node:fs';

/** Begins the line that holds the answer; engines print what they like on other lines. */
export const ANSWER = 'bench-answer ';

/** What every suite asks of a process with an engine. */
export interface Job {
  /** Picks how the engine is measured: engines/drive.ts. */
  readonly suite: 'memory' | 'speed';
  /** Model folder or file. */
  readonly path: string;
  /** Published name, `tiny.en`. */
  readonly model: string;
  /** Of the row: precision, attention. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Calls on the short clip after the first. */
  readonly repeats: number;
}

export function readJob(): Job {
  return JSON.parse(process.argv[2]!) as Job;
}

/** Prints the answer and ends the process, whatever an engine keeps alive. */
export function answer(sample: object): Promise<never> {
  process.stdout.write(`\n${ANSWER}${JSON.stringify(sample)}\n`, () => process.exit(0));
  return new Promise(() => {}); // the end of the write ends the process
}

/** The result and the seconds that it took. */
export async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}

/** Most bytes resident at once. Linux's getrusage counts what the parent had before exec, so /proc is asked there. */
export function peakRss(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1024;
}
