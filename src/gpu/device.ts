// A device with everything its adapter offers, an account of every buffer, and errors that end the next call instead of being lost.

import type { PlanLimits } from '../allocator/plan.ts';
import { DeviceError } from '../errors.ts';
import { ANY_SIZE, imageRows, ROW_TEXELS } from '../graph/images.ts';
import type { Caps } from '../ops/op.ts';
import { type AdapterKind, type AdapterOptions, findAdapter } from './adapter.ts';
import { IMAGE_FORMAT, TextureUsage } from './constants.ts';
import { bytesOf, type Store } from './stores.ts';

/** Bytes of GPU buffers, images and query sets made through `Gpu`. */
export interface MemoryAccount {
  readonly live: number;
  readonly peak: number;
  /** Buffers, images and query sets ever made. */
  readonly made: number;
}

export interface Gpu {
  readonly device: GPUDevice;
  readonly kind: AdapterKind;
  /** Adapter's name, for results and headers. */
  readonly name: string;
  readonly caps: Caps;
  /** What to plan memory for: the device's largest buffer, and images where the adapter loads faster from them. */
  readonly planLimits: PlanLimits;
  readonly memory: MemoryAccount;
  /** @throws DeviceError when the driver has no room. */
  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags, mapped?: boolean): Promise<GPUBuffer>;
  /** A texture for so many bytes, in layers of whole rows. @throws DeviceError when the driver has no room. */
  createImage(label: string, bytes: number, layers: number): Promise<GPUTexture>;
  /** A set of timestamps, 8 bytes each in the account. The device must have the feature. */
  createQueries(label: string, bytes: number): GPUQuerySet;
  destroyQueries(queries: GPUQuerySet): void;
  /** Frees buffers and images and, by an empty submit, lets the driver take the memory back. */
  destroyStores(stores: readonly Store[]): void;
  /** @throws DeviceError when the device was lost or reported an error since the last check. */
  check(): void;
  close(): Promise<void>;
}

const QUERY_BYTES = 8;
/** Smaller textures cost the driver more than their bytes: with an image for each weight it held 117 MB for tiny.en, not 97. */
const WORTH_AN_IMAGE = 4 * 1024 * 1024;
const MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix';

/** Bytes that a query set counts in the account. */
export function queryBytes(queries: GPUQuerySet | undefined): number {
  return (queries?.count ?? 0) * QUERY_BYTES;
}

/**
 * Opens a device on the best adapter, with all its limits and features.
 * @throws AdapterError when there is none; DeviceError when it gives no device.
 */
export async function openGpu(options: AdapterOptions = {}): Promise<Gpu> {
  const { adapter, kind, name } = await findAdapter(options);
  const device = await adapter
    .requestDevice({
      label: 'whisper-wgsl',
      requiredFeatures: featuresOf(adapter),
      requiredLimits: numericLimits(adapter.limits),
    })
    .catch((cause) => {
      throw new DeviceError(`openGpu: expected a device of '${name}', got ${cause}`, { cause });
    });
  return new OpenGpu(device, kind, name, capsOf(adapter, kind));
}

function numericLimits(limits: GPUSupportedLimits): Record<string, number> {
  const all: Record<string, number> = {};
  for (const key in limits) {
    const value = limits[key as keyof GPUSupportedLimits];
    if (typeof value === 'number') all[key] = value;
  }
  return all;
}

/** All features, but of the experimental ones only those that kernels use. */
function featuresOf({ features }: GPUAdapter): GPUFeatureName[] {
  const wanted = [...features].filter((name) => !name.startsWith('chromium-experimental') || name === MATRIX_FEATURE);
  return wanted as GPUFeatureName[];
}

/** Dawn's description of matrices that an adapter multiplies; not in WebGPU's types yet. */
interface MatrixInfo {
  readonly subgroupMatrixConfigs?: readonly {
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }[];
}

/** Whether there are matrix units of the kind that Caps describes. */
function hasMatrixUnits({ info, features }: Pick<GPUAdapter, 'info' | 'features'>): boolean {
  const { subgroupMatrixConfigs = [] } = info as MatrixInfo;
  const found = subgroupMatrixConfigs.some(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === 'f16' && resultComponentType === 'f32' && [M, N, K].every((side) => side === 16),
  );
  return found && features.has(MATRIX_FEATURE) && features.has('shader-f16');
}

function capsOf({ info, features, limits }: GPUAdapter, kind: AdapterKind): Caps {
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = info;
  return {
    cpu: kind === 'lavapipe' || kind === 'swiftshader',
    subgroups: features.has('subgroups'),
    matrix: hasMatrixUnits({ info, features }),
    subgroupSize: features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupStorage: limits.maxComputeWorkgroupStorageSize,
  };
}

class OpenGpu implements Gpu {
  readonly device: GPUDevice;
  readonly kind: AdapterKind;
  readonly name: string;
  readonly caps: Caps;
  readonly memory = { live: 0, peak: 0, made: 0 };
  #failure: DeviceError | undefined;
  #closed = false;

  constructor(device: GPUDevice, kind: AdapterKind, name: string, caps: Caps) {
    this.device = device;
    this.kind = kind;
    this.name = name;
    this.caps = caps;
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??= new DeviceError(`device '${name}': ${error.message}`);
    });
    device.lost.then(({ reason, message }) => {
      if (!this.#closed) this.#failure ??= new DeviceError(`device '${name}' was lost (${reason}): ${message}`);
    });
  }

  get planLimits(): PlanLimits {
    const images = this.kind === 'lavapipe' ? { ...ANY_SIZE, least: WORTH_AN_IMAGE } : undefined;
    return { maxBufferSize: this.device.limits.maxBufferSize, images };
  }

  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags, mapped = false): Promise<GPUBuffer> {
    return this.#made('createBuffer', label, bytes, () =>
      this.device.createBuffer({ label, size: bytes, usage, mappedAtCreation: mapped }),
    );
  }

  createImage(label: string, bytes: number, layers: number): Promise<GPUTexture> {
    const usage = TextureUsage.STORAGE_BINDING | TextureUsage.COPY_DST | TextureUsage.COPY_SRC;
    const size = [ROW_TEXELS, imageRows(bytes / layers), layers];
    return this.#made('createImage', label, bytes, () =>
      this.device.createTexture({ label, size, format: IMAGE_FORMAT, usage }),
    );
  }

  async #made<T>(where: string, label: string, bytes: number, make: () => T): Promise<T> {
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('out-of-memory');
    const made = make();
    const error = (await this.device.popErrorScope()) ?? (await this.device.popErrorScope());
    if (error) throw new DeviceError(`${where}: expected ${bytes} bytes for ${label}, got ${error.message}`);
    this.#count(bytes);
    return made;
  }

  createQueries(label: string, bytes: number): GPUQuerySet {
    const queries = this.device.createQuerySet({ label, type: 'timestamp', count: bytes / QUERY_BYTES });
    this.#count(bytes);
    return queries;
  }

  destroyQueries(queries: GPUQuerySet): void {
    queries.destroy();
    this.memory.live -= queryBytes(queries);
  }

  destroyStores(stores: readonly Store[]): void {
    for (const store of stores) {
      store.destroy();
      this.memory.live -= bytesOf(store);
    }
    this.device.queue.submit([]);
  }

  #count(bytes: number): void {
    this.memory.made += 1;
    this.memory.live += bytes;
    this.memory.peak = Math.max(this.memory.peak, this.memory.live);
  }

  check(): void {
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.device.destroy();
    await this.device.lost;
  }
}
