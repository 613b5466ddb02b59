// What every bench prints first: enough to run it again and to know what its numbers are of.

import { commit, machine } from './process/machine.ts';

export function printHeader(command: string, adapter: string): void {
  console.log(`# ${command}`);
  console.log(`# adapter: ${adapter}; ${machine()}; commit ${commit()}`);
}
