// What every bench prints first: enough to run it again and to know what its numbers are of.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

export function printHeader(command: string, adapter: string): void {
  const cpu = cpus();
  console.log(`# ${command}`);
  console.log(
    `# adapter: ${adapter}; ${cpu.length} x ${cpu[0]?.model ?? 'unknown CPU'}; Node ${process.version}; commit ${commit()}`,
  );
}

function commit(): string {
  try {
    const hash = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    const dirty = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }).trim() !== '';
    return dirty ? `${hash} with changes` : hash;
  } catch {
    return 'unknown';
  }
}
