#!/usr/bin/env node
// The program `whisper-wgsl`.

import { run } from './run.ts';

const abort = new AbortController();
process.once('SIGINT', () => abort.abort(new DOMException('interrupted', 'AbortError')));
const code = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  signal: abort.signal,
});
// A device that was collected late would keep the process alive.
process.stdout.write('', () => process.exit(code));
