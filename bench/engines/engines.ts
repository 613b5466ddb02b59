// The engines that suites compare, as data: what each process runs, and where its model lies. Each suite has its own list of rows.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCommand } from '../process/run.ts';

/** One way to run an engine. */
export interface Variant {
  readonly label: string;
  /** Handed to the engine's program. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Found = { readonly path: string } | { readonly missing: string };

export interface Engine {
  readonly name: string;
  /** Command line of its process. */
  readonly command: readonly string[];
  /** Model folder or file of a variant, or why there is none. */
  model(model: string, variant: Variant): Found;
}

export const WHISPER_WGSL: Engine = {
  name: 'whisper-wgsl',
  command: nodeCommand(local('whisper_wgsl.ts')),
  model: ourModel,
};

/** Variants have `dtype`, the precision of the ONNX files. */
export const TRANSFORMERS_JS: Engine = {
  name: 'transformers.js',
  command: nodeCommand(local('../peers/transformers_js.ts')),
  model: (model) => peerModel(model, 'onnx', 'export_onnx.py'),
};

/** Variants have `file`, the ggml file, and `flash`, its fused attention. */
export const WHISPER_CPP: Engine = {
  name: 'whisper.cpp',
  command: nodeCommand(local('../peers/whisper_cpp.ts')),
  model: ggmlModel,
};

/** The Python of bench/peers/README.md that has pywhispercpp. */
const PYTHON = process.env['WHISPER_WGSL_PEER_PYTHON'] ?? local('../peers/.venv/bin/python');

/** No GPU: whisper.cpp on its own CPU kernels. Variants have `file`. */
export const WHISPER_CPP_CPU: Engine = {
  name: 'whisper.cpp (CPU, not Vulkan)',
  command: [PYTHON, local('../peers/whisper_cpp_cpu.py')],
  model: (model, variant) => {
    try {
      execFileSync(PYTHON, ['-c', 'import pywhispercpp'], { stdio: 'pipe' });
    } catch {
      return { missing: 'no Python with pywhispercpp: see bench/peers/README.md' };
    }
    return ggmlModel(model, variant);
  },
};

/** Empty devices: what a runtime costs before any work. */
export const EMPTY_DEVICES = [
  { name: 'Dawn, one buffer of 4 bytes', command: nodeCommand(local('empty_device.ts')), options: {} },
  { name: 'onnxruntime, one addition', command: TRANSFORMERS_JS.command, options: { empty: true } },
] as const;

function ourModel(model: string): Found {
  const root = process.env['WHISPER_WGSL_MODELS'];
  const layouts = root === undefined ? [] : ['hf', 'ct2', ''].map((layout) => join(root, model, layout));
  const folders = [...layouts, local(`../../models/${model}`)];
  const path = folders.find((f) => existsSync(join(f, 'model.safetensors')) || existsSync(join(f, 'model.bin')));
  return path ? { path } : { missing: `no weights of ${model}: set WHISPER_WGSL_MODELS to a folder that holds them` };
}

function ggmlModel(model: string, { options }: Variant): Found {
  const file = String(options['file']);
  const found = peerModel(model, file, 'make_ggml.ts');
  return 'path' in found ? { path: join(found.path, file) } : found;
}

function peerModel(model: string, file: string, maker: string): Found {
  if (!existsSync(local('../peers/node_modules')))
    return { missing: 'not installed: npm install --prefix bench/peers' };
  const path = join(process.env['WHISPER_WGSL_PEER_MODELS'] ?? local('../peers/models'), model);
  if (existsSync(join(path, file))) return { path };
  return { missing: `no ${model}/${file}: bench/peers/${maker} makes it, see bench/peers/README.md` };
}

function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
