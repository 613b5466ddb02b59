// What `npm run bench -- ops` printed at another time, to be shown beside today's.

import { readFileSync } from 'node:fs';
import { OptionError } from '../src/errors.ts';

const ROW = /^([a-z]\S*) +(\S.*?) +([\d.]+) +([\d.]+) +[\d.-]+ +[\d.-]+ +\d+ % /;

/** A case of an op, whatever kernel ran it. */
export const caseKey = (kernel: string, name: string) => `${kernel.split('.')[0]} ${name}`;

/** Least milliseconds by case, of a file of such output. @throws OptionError if there is no row in it. */
export function readEarlier(path: string): Map<string, number> {
  const least = new Map<string, number>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, kernel, name, min] = ROW.exec(line) ?? [];
    if (kernel === undefined) continue;
    const key = caseKey(kernel, name!);
    least.set(key, Math.min(Number(min), least.get(key) ?? Number.POSITIVE_INFINITY));
  }
  if (least.size === 0)
    throw new OptionError(`ops --beside: expected output of npm run bench -- ops, got no row in ${path}`);
  return least;
}
