// What a command may touch of the outside, so that tests can stand in for it.

import type { Readable, Writable } from 'node:stream';

export interface Io {
  /** Results. */
  readonly stdout: Writable;
  /** Everything else: progress, warnings, errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly stdin: Readable;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Exit codes; 0 is success. */
export const EXIT = { failure: 1, usage: 2, someFilesFailed: 3, noGpu: 4, interrupted: 130 } as const;

export function say(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}

/** 54414336 -> `54.4`; MB = 1e6 bytes. */
export function mb(bytes: number, digits = 1): string {
  return (bytes / 1e6).toFixed(digits);
}

/** 54414336 -> `54.4 MB`. */
export function megabytes(bytes: number): string {
  return `${mb(bytes)} MB`;
}
