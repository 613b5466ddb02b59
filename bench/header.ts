// What every bench prints first: enough to run it again and to know what its numbers are of.

import { commit, machine } from './process/machine.ts';

/** The line that runs a suite with these arguments. */
export function commandOf(suite: string, args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`));
  return ['npm run bench --', suite, ...quoted].join(' ');
}

export function printHeader(command: string, adapter: string): void {
  console.log(`# ${command}`);
  console.log(`# adapter: ${adapter}; ${machine()}; commit ${commit()}`);
}
