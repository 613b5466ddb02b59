// Rung: model. The bundled model in a process of its own under the memory meter: what the driver gave is what was planned and Dawn's one
// block for small buffers, and it is the same after the last window as after the first.

import { expect, it } from 'vitest';
import { WHISPER_WGSL } from '../../bench/engines/engines.ts';
import type { MemoryJob, Sample } from '../../bench/memory/job.ts';
import { SPOKEN, words } from '../../bench/process/clip.ts';
import { buildMeter } from '../../bench/process/meter.ts';
import { runJob } from '../../bench/process/run.ts';
import { testGpu } from '../support/gpu.ts';
import { BUNDLED } from '../support/weights.ts';

const SMALL_BUFFERS = 8 * 2 ** 20;

const meter = buildMeter();
if ('missing' in meter) process.stderr.write(`  [model] SKIPPED: the driver's bytes, because ${meter.missing}\n`);

const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write("  [model] SwiftShader: SKIPPED the driver's bytes over windows, which take minutes\n");

it.skipIf('missing' in meter || slow)(
  "[model] the driver's bytes are those planned, and do not grow",
  { timeout: 600_000 },
  async () => {
    const job: MemoryJob = { suite: 'memory', path: BUNDLED, model: 'tiny.en', options: {}, repeats: 0, windows: 2 };
    const outcome = await runJob<Sample>(WHISPER_WGSL.command, job, meter, {});
    if ('failed' in outcome) throw new Error(outcome.failed);
    const { deviceName, peak, plannedBytes, transcribed, afterDispose } = outcome.sample;
    process.stderr.write(`  [model] ${deviceName}: ${peak.driver} bytes of the driver, ${plannedBytes} planned\n`);
    expect(words(transcribed!.longText)).toBe(`${SPOKEN} ${SPOKEN}`);
    expect(transcribed!.afterFirstWindow.driver).toBeGreaterThan(0);
    expect(transcribed!.afterLastWindow.driver).toBe(transcribed!.afterFirstWindow.driver);
    expect(peak.driver).toBeGreaterThanOrEqual(plannedBytes!);
    expect(peak.driver).toBeLessThanOrEqual(plannedBytes! + SMALL_BUFFERS);
    expect(afterDispose.driver).toBe(0);
  },
);
