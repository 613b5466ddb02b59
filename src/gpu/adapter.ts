// Finds the adapter to run on: the one asked for, else a real GPU, else lavapipe, else SwiftShader. Never silently: the choice is in
// every result, and nothing here falls back from an adapter that was asked for by name.

import { AdapterError } from '../errors.ts';
import { addSwiftShader, hasVulkanLoader } from './swiftshader.ts';

export type AdapterKind = 'gpu' | 'lavapipe' | 'swiftshader' | 'null';

export interface AdapterOptions {
  /** Part of the adapter's name, case ignored; `null` is Dawn's backend that checks but computes nothing. Default: WHISPER_WGSL_ADAPTER. */
  readonly adapter?: string;
  /** Bounds checks in every shader. Off for the engine (indices are fixed by the plan and tested with checks on), on for tests. */
  readonly robustness?: boolean;
  /** Buffers begin with garbage instead of whatever memory held, so that tests see reads of bytes nobody wrote. */
  readonly poison?: boolean;
}

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly kind: AdapterKind;
  /** Name for people: `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
}

interface Listed {
  readonly name: string;
  readonly kind: AdapterKind;
}

const PREFERENCE: readonly AdapterKind[] = ['gpu', 'lavapipe', 'swiftshader'];

/** @throws AdapterError listing what there is and what could be installed. */
export async function findAdapter(options: AdapterOptions = {}): Promise<FoundAdapter> {
  const wanted = options.adapter ?? process.env['WHISPER_WGSL_ADAPTER'] ?? '';
  if (wanted.toLowerCase() === 'null') return requestNull(options);
  // Without a system loader Dawn would complain on stderr; the package brings one.
  if (!hasVulkanLoader()) await addSwiftShader();
  let listed = await listAdapters();
  if (!pick(listed, wanted) && (await addSwiftShader())) listed = await listAdapters();
  const match = pick(listed, wanted);
  if (match) return request(match, options);
  const offered = listed.map((l) => l.name).join(', ') || 'none';
  const ask = wanted === '' ? 'a Vulkan, Metal or D3D12 adapter' : `an adapter whose name contains '${wanted}'`;
  throw new AdapterError(
    `findAdapter: expected ${ask}, got ${offered}. Install a GPU driver, or a software one: ` +
      '`npm install @sparticuz/chromium` (SwiftShader, no root needed), or Mesa 25 lavapipe (Debian: mesa-vulkan-drivers from backports).',
  );
}

function pick(listed: readonly Listed[], wanted: string): Listed | undefined {
  const named = listed.filter((l) => l.name.toLowerCase().includes(wanted.toLowerCase()) || l.kind === wanted);
  return named.sort((a, b) => PREFERENCE.indexOf(a.kind) - PREFERENCE.indexOf(b.kind))[0];
}

// An instance that JavaScript drops is collected while its drivers' threads still run, and the process aborts (seen in one run of two
// once pipelines compile on other threads). So every instance lives as long as the process.
const instances: GPU[] = [];

async function createInstance(flags: string[]): Promise<GPU> {
  const { create } = await import('webgpu');
  const instance = create(flags);
  instances.push(instance);
  return instance;
}

// Dawn for Node has no call that lists adapters, but names them all when none matches.
async function listAdapters(): Promise<Listed[]> {
  const instance = await createInstance(['adapter=no adapter has this name']);
  let report = '';
  try {
    await instance.requestAdapter();
  } catch (error) {
    report = String(error);
  }
  return [...report.matchAll(/backend: '(\w+)', name: '(.*)'/g)].map(([, , name = '']) => ({
    name,
    kind: kindOf(name),
  }));
}

function kindOf(name: string): AdapterKind {
  if (/llvmpipe|lavapipe/i.test(name)) return 'lavapipe';
  if (/swiftshader/i.test(name)) return 'swiftshader';
  return /null/i.test(name) ? 'null' : 'gpu';
}

async function request({ name, kind }: Listed, options: AdapterOptions): Promise<FoundAdapter> {
  const instance = await createInstance([`adapter=${name}`, ...toggles(options)]);
  const adapter = await instance.requestAdapter();
  if (!adapter || adapter.info.device === 'null-backend') {
    throw new AdapterError(`findAdapter: expected the adapter '${name}', got ${adapter ? 'the null backend' : 'none'}`);
  }
  return { adapter, kind, name };
}

async function requestNull(options: AdapterOptions): Promise<FoundAdapter> {
  const instance = await createInstance(['backend=null', ...toggles(options)]);
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new AdapterError('findAdapter: expected the null backend, got none');
  return { adapter, kind: 'null', name: 'null backend' };
}

function toggles({ robustness = false, poison = false }: AdapterOptions): string[] {
  const enable = [
    // Matrix units are an experiment yet, and f16 on NVIDIA is behind a toggle.
    'allow_unsafe_apis',
    'vulkan_enable_f16_on_nvidia',
    ...(poison ? ['nonzero_clear_resources_on_creation_for_testing'] : []),
    // 1.5 to 2 times faster on SwiftShader; real drivers gain up to 40 %.
    ...(robustness ? [] : ['disable_robustness']),
  ];
  const disable = [
    // The first touch of a buffer would clear all of it; every byte the engine reads was written by it before.
    ...(poison ? [] : ['lazy_clear_resource_on_first_use']),
    // Masks timestamps to 65 us steps, a defence against web pages.
    'timestamp_quantization',
    // Tint's output needs no second check outside of tests; it slows pipeline creation.
    ...(robustness ? [] : ['enable_spirv_validation']),
  ];
  return [`enable-dawn-features=${enable.join(',')}`, `disable-dawn-features=${disable.join(',')}`].filter(
    (f) => !f.endsWith('='),
  );
}
