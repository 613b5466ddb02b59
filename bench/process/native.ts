// Compiles a small C file of this folder's suites into a shared library, with `cc` (or $CC), in a fraction of a second.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** @returns why it was not built, or undefined. */
export function buildLibrary(source: string, library: string, flags: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return `it is for Linux, this is ${process.platform}`;
  try {
    mkdirSync(dirname(library), { recursive: true });
    const shared = [
      '-O2',
      '-shared',
      '-fPIC',
      '-fvisibility=hidden',
      ...flags,
      '-o',
      library,
      source,
      '-lpthread',
      '-ldl',
    ];
    execFileSync(process.env['CC'] ?? 'cc', shared, { encoding: 'utf8', stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no C compiler built it: ${String(error).split('\n')[0]}`;
  }
}
