// Runs a command line in this process and keeps what it prints.

import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/run.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `input` is what stdin brings. */
export async function cli(
  args: readonly string[],
  input?: string | Uint8Array,
  signal = new AbortController().signal,
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (to: string[]) =>
    new Writable({
      write(chunk, _encoding, done) {
        to.push(String(chunk));
        done();
      },
    });
  const stdin = Readable.from(input === undefined ? [] : [Buffer.from(input)]);
  const code = await run(args, { stdout: sink(out), stderr: sink(err), stdin, signal });
  return { code, out: out.join(''), err: err.join('') };
}
