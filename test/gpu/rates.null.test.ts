// Rung: null. Every kernel that measures a rate compiles; and nothing is measured where nothing computes.

import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceError } from '../../src/errors.ts';
import { type Gpu, openGpu } from '../../src/gpu/device.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { measureRates } from '../../src/gpu/rates.ts';
import { loadKernel } from '../../src/ops/wgsl.ts';

const FOLDER = new URL('../../kernels/rates/', import.meta.url);

describe('[null] rates', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openGpu({ adapter: 'null', robustness: true });
  });
  afterAll(() => gpu.close());

  for (const file of readdirSync(FOLDER)) {
    it(`${file} compiles`, async () => {
      await new PipelineCache(gpu).get(loadKernel(FOLDER, file.replace(/\.wgsl$/, ''), {}), {});
    });
  }

  it('are refused by the null backend', async () => {
    await expect(measureRates(gpu)).rejects.toThrow(DeviceError);
    expect(gpu.memory.made).toBe(0);
  });
});
