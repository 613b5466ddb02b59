// The process that measures what Dawn costs before any work: a device and one buffer of 4 bytes. It also says which adapter the suite
// runs on.

import { readFileSync } from 'node:fs';
import { openGpu } from '../../src/gpu/device.ts';
import { drive } from './drive.ts';

const manifest = new URL('../../node_modules/webgpu/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

await drive(async () => {
  const gpu = await openGpu();
  const buffer = await gpu.createBuffer('smallest', 4, 0x88 /* STORAGE | COPY_DST */);
  // Memory is taken when the buffer is first used.
  const encoder = gpu.device.createCommandEncoder();
  encoder.clearBuffer(buffer);
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.device.queue.onSubmittedWorkDone();
  return { version: `webgpu ${version}`, adapter: { name: gpu.name, kind: gpu.kind }, dispose: () => gpu.close() };
});
