// Rung: device. The Vulkan layer of the memory suite counts what a process asks of the driver, to the byte.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildMeter, type MeterCounts, readMeter } from '../../bench/process/meter.ts';

const MiB = 2 ** 20;
const FIXTURE = fileURLToPath(new URL('memory_allocations.fixture.ts', import.meta.url));

interface Counted {
  readonly name: string;
  readonly one: MeterCounts;
  readonly two: MeterCounts;
  readonly freed: MeterCounts;
  readonly closed: MeterCounts;
}

const meter = buildMeter();
if ('missing' in meter) process.stderr.write(`  [device] SKIPPED: the memory meter, because ${meter.missing}\n`);

it.skipIf('missing' in meter)('[device] the memory meter counts allocations, frees, the peak and the device', () => {
  if ('missing' in meter) throw new Error(meter.missing);
  const folder = mkdtempSync(join(tmpdir(), 'memory-meter-test-'));
  try {
    const file = join(folder, 'counts');
    writeFileSync(file, '');
    const env = { ...process.env, ...meter.environment(file) };
    const output = execFileSync(process.execPath, ['--import', 'tsx', FIXTURE], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const { name, one, two, freed, closed } = JSON.parse(output.trim().split('\n').at(-1)!) as Counted;
    process.stderr.write(`  [device] ${name}\n`);
    expect(one.deviceName).not.toBe('');
    expect(name).toContain(one.deviceName);
    expect(one.held).toBe(64 * MiB);
    expect(two.held).toBe(80 * MiB);
    expect(freed.held).toBe(48 * MiB);
    expect(freed.peak).toBeGreaterThanOrEqual(80 * MiB);
    expect(closed).toMatchObject({ held: 0, failures: 0, peak: freed.peak });
    expect(closed.allocations).toBe(3);
    // The counts outlive the process.
    expect(readMeter(file)?.peak).toBe(closed.peak);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
