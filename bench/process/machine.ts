// What a stored result says of where it was measured.

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

export function machine(): string {
  return `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
}

/** Short hash of the checkout, and whether files differ from it, other than results. */
export function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
    const hash = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain', '--', ':/', ':(top,exclude)bench/results') === ''
      ? hash
      : `${hash} with changes`;
  } catch {
    return 'unknown';
  }
}
