// Kernels to pipelines: bind group layouts come from the WGSL, compile errors name the line of the file they stand in.

import { ShaderError } from '../errors.ts';
import type { KernelBinding, KernelSource } from '../ops/wgsl.ts';
import { IMAGE_FORMAT, ShaderStage } from './constants.ts';
import type { Gpu } from './device.ts';

export interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each kernel and set of constants once. */
export class PipelineCache {
  readonly #gpu: Gpu;
  readonly #kernels = new Map<string, Promise<Kernel>>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Number of pipelines made so far. */
  get size(): number {
    return this.#kernels.size;
  }

  /** @throws ShaderError `file:line: message` for every line Tint refuses. */
  get(source: KernelSource, constants: Readonly<Record<string, number>>): Promise<Kernel> {
    const key = `${JSON.stringify(constants)} ${source.code}`;
    let kernel = this.#kernels.get(key);
    if (!kernel) {
      kernel = compileKernel(this.#gpu.device, source, constants);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

async function compileKernel(
  device: GPUDevice,
  source: KernelSource,
  constants: Readonly<Record<string, number>>,
): Promise<Kernel> {
  const layout = device.createBindGroupLayout({
    label: source.file,
    entries: [
      { binding: 0, visibility: ShaderStage.COMPUTE, buffer: { type: 'uniform' } },
      ...source.bindings.map(layoutEntry),
    ],
  });
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: source.file, code: source.code });
  const [{ messages }] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  const errors = messages.filter((m) => m.type === 'error').map((m) => `${source.locate(m.lineNum)}: ${m.message}`);
  if (errors.length > 0) throw new ShaderError(errors.join('\n'));
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: source.file,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: { ...constants } },
    });
    return { pipeline, layout };
  } catch (cause) {
    throw new ShaderError(`${source.file}: expected a pipeline, got ${(cause as Error).message}`, { cause });
  }
}

function layoutEntry({ binding, access, image }: KernelBinding): GPUBindGroupLayoutEntry {
  const entry = { binding, visibility: ShaderStage.COMPUTE };
  if (image) return { ...entry, storageTexture: { access: 'read-only', format: IMAGE_FORMAT } };
  return { ...entry, buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' } };
}
