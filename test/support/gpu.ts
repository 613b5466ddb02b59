// A device for tests: bounds checks on, buffers poisoned, chosen as the engine chooses (WHISPER_WGSL_ADAPTER names another).

import { type Gpu, openGpu } from '../../src/gpu/device.ts';

let opened: Promise<Gpu> | undefined;

/** One device for a test file; its name is printed once, so that a log shows what the tests ran on. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu({ robustness: true, poison: true }).then((gpu) => {
    process.stderr.write(`  [device] ${gpu.name}, subgroups of ${gpu.caps.subgroupSize || 'varying size'}\n`);
    return gpu;
  });
  return opened;
}
