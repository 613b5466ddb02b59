// Rung: device. Rates are numbers, and measuring them leaves nothing behind.

import { describe, expect, it } from 'vitest';
import { measureRates, readRateOf } from '../../src/gpu/rates.ts';
import { testGpu } from '../support/gpu.ts';

describe('[device] rates', () => {
  it('are positive and finite, of every kind that the device has', async () => {
    const gpu = await testGpu();
    const before = gpu.memory.live;
    const { read, subgroupSize, flopsF16, ...rates } = await measureRates(gpu);
    const all = [...Object.values(rates), ...read.map(({ bytesPerSecond }) => bytesPerSecond)];
    if (flopsF16 !== undefined) all.push(flopsF16);
    for (const rate of all) {
      expect(rate).toBeGreaterThan(0);
      expect(Number.isFinite(rate)).toBe(true);
    }
    expect(flopsF16 !== undefined).toBe(gpu.device.features.has('shader-f16'));
    if (gpu.caps.subgroupSize > 0) expect(subgroupSize).toBe(gpu.caps.subgroupSize);
    expect(gpu.memory.live).toBe(before);
  });

  it('a read rate is that of the set nearest in size, by ratio', () => {
    const read = [
      { workingSet: 100, bytesPerSecond: 3 },
      { workingSet: 1000, bytesPerSecond: 2 },
    ];
    const rateOf = (bytes: number) => readRateOf({ read }, bytes);
    expect([1, 100, 316, 317, 1000, 9999].map(rateOf)).toEqual([3, 3, 3, 2, 2, 2]);
  });
});
