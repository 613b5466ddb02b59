// Rung: null. Sizes for which no weights are here, in every format and mode: the bytes that the engine asks of the device are those planned.

import { afterAll, describe, expect, it } from 'vitest';
import { openCountingGpu, planSizes } from '../../bench/memory/planned.ts';
import { MODES } from '../../src/whisper/graph_options.ts';
import { WEIGHT_PRECISIONS } from '../../src/whisper/weight_rules.ts';

/** The bench itself plans every published model. */
const SIZES = ['tiny', 'large-v3', 'turbo'];

describe('[null] planned bytes', async () => {
  const counting = await openCountingGpu();
  afterAll(() => counting.gpu.close());

  it('are the bytes created, for every size', async () => {
    const rows = await planSizes(SIZES);
    expect(rows.length).toBe(SIZES.length * WEIGHT_PRECISIONS.length * MODES.length);
    for (const { model, weights, mode, plannedBytes, createdBytes, weightBytes } of rows) {
      expect(createdBytes, `${model} ${weights} ${mode}`).toBe(plannedBytes);
      expect(plannedBytes, `${model} ${weights} ${mode}`).toBeGreaterThan(weightBytes);
    }
  });

  it('are those of a device with large buffers, on which modes of less memory take less', async () => {
    expect(counting.gpu.planLimits.maxBufferSize).toBe(2 ** 32 - 4);
    const rows = (await planSizes(['large-v3'])).filter(({ weights }) => weights === 'int8');
    const bytes = MODES.map((mode) => rows.find((row) => row.mode === mode)!.plannedBytes);
    expect(bytes).toEqual([...new Set(bytes)].toSorted((a, b) => b - a));
  });

  it('are counted beyond what the null backend holds', async () => {
    const { gpu, takeCreated } = counting;
    takeCreated();
    const buffers = [];
    for (let i = 0; i < 3; i++) buffers.push(await gpu.createBuffer('large', 2 ** 30, 0x88));
    gpu.destroyStores(buffers);
    expect(takeCreated()).toBe(3 * 2 ** 30);
  });

  it('do not hide a binding that leaves its buffer', async () => {
    const { device } = counting.gpu;
    const buffer = device.createBuffer({ label: 'large', size: 2 ** 30, usage: 0x80 });
    const layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: 4, buffer: { type: 'storage' } }],
    });
    const bind = (offset: number) =>
      device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer, offset, size: 512 } }] });
    expect(bind(2 ** 30 - 512)).toBeDefined();
    expect(() => bind(2 ** 30 - 256)).toThrow(/large/);
    buffer.destroy();
  });
});
