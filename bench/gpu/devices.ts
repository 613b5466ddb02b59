// The devices that the suite's tasks share: opened when first asked for, and anew after a failure.

import { type Gpu, openGpu } from '../../src/gpu/device.ts';

export interface Devices extends AsyncDisposable {
  /** As the engine opens it. */
  plain(): Promise<Gpu>;
  /** With bounds checks in every shader, for checking kernels. */
  checked(): Promise<Gpu>;
  /** The next call opens a new one. */
  close(): Promise<void>;
}

export function shareDevices(): Devices {
  const open = new Map<boolean, Promise<Gpu>>();
  const device = (robustness: boolean) => {
    const gpu = open.get(robustness) ?? openGpu({ robustness });
    open.set(robustness, gpu);
    return gpu;
  };
  const close = async () => {
    const all = [...open.values()];
    open.clear();
    for (const opened of await Promise.allSettled(all)) if (opened.status === 'fulfilled') await opened.value.close();
  };
  return { plain: () => device(false), checked: () => device(true), close, [Symbol.asyncDispose]: close };
}
