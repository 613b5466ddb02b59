// The process of memory_meter.device.test.ts: makes and frees buffers of known sizes, and prints what the meter counted after each.

import { readMeter } from '../../bench/process/meter.ts';
import { openGpu } from '../../src/gpu/device.ts';

const MiB = 2 ** 20;
const gpu = await openGpu();

/** Memory is taken at the first use, and given back once the device is done. */
async function make(bytes: number): Promise<GPUBuffer> {
  const buffer = await gpu.createBuffer(`${bytes} bytes`, bytes, 0x88 /* STORAGE | COPY_DST */);
  const encoder = gpu.device.createCommandEncoder();
  encoder.clearBuffer(buffer);
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.device.queue.onSubmittedWorkDone();
  return buffer;
}

const large = await make(64 * MiB);
const one = readMeter();
await make(16 * MiB);
const two = readMeter();
gpu.destroyStores([large]);
await make(32 * MiB);
const freed = readMeter();
await gpu.close();
const closed = readMeter();
process.stdout.write(`\n${JSON.stringify({ name: gpu.name, one, two, freed, closed })}\n`, () => process.exit(0));
