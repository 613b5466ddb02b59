// The rows of the suite, as data: one line for each way to run an engine. Where an engine's program and models lie is below them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphOptions, LoadOptions } from '../../src/index.ts';

/** What both `Whisper.load` and a plan take. */
export type OurOptions = Pick<LoadOptions, keyof LoadOptions & keyof GraphOptions>;

export interface Variant {
  readonly label: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export const OURS: readonly (Variant & { readonly options: OurOptions })[] = [
  { label: 'f16', options: { weights: 'f16' } },
  { label: 'f16 absorbed', options: { weights: 'f16', mode: 'absorbed' } },
  { label: 'f16 streamed', options: { weights: 'f16', mode: 'streamed' } },
  { label: 'int8', options: { weights: 'int8' } },
  { label: 'int8 absorbed', options: { weights: 'int8', mode: 'absorbed' } },
  { label: 'int8 phased', options: { weights: 'int8', mode: 'phased' } },
  { label: 'int8 streamed', options: { weights: 'int8', mode: 'streamed' } },
  { label: 'int6 absorbed', options: { weights: 'int6', mode: 'absorbed' } },
  { label: 'int4 absorbed', options: { weights: 'int4', mode: 'absorbed' } },
  { label: 'int4 streamed', options: { weights: 'int4', mode: 'streamed' } },
];

const TRANSFORMERS_JS: readonly (Variant & { readonly options: { readonly dtype: string } })[] = [
  { label: 'fp16', options: { dtype: 'fp16' } },
  { label: 'q8', options: { dtype: 'q8' } },
  { label: 'q4', options: { dtype: 'q4' } },
];

const WHISPER_CPP: readonly (Variant & { readonly options: { readonly file: string; readonly flash: boolean } })[] = [
  { label: 'f16', options: { file: 'ggml-f16.bin', flash: false } },
  { label: 'f16, flash', options: { file: 'ggml-f16.bin', flash: true } },
  { label: 'q8_0, flash', options: { file: 'ggml-q8_0.bin', flash: true } },
  { label: 'q5_0, flash', options: { file: 'ggml-q5_0.bin', flash: true } },
];

export interface Engine {
  readonly name: string;
  /** What the process runs. */
  readonly program: string;
  readonly variants: readonly Variant[];
  /** Model folder or file of a variant, or why there is none. */
  model(model: string, variant: Variant): { readonly path: string } | { readonly missing: string };
}

export const OUR_NAME = 'whisper-wgsl';

export const ENGINES: readonly Engine[] = [
  { name: OUR_NAME, program: local('whisper_wgsl.ts'), variants: OURS, model: ourModel },
  {
    name: 'transformers.js',
    program: local('../peers/transformers_js.ts'),
    variants: TRANSFORMERS_JS,
    model: (model) => peerModel(model, 'onnx', 'export_onnx.py'),
  },
  {
    name: 'whisper.cpp',
    program: local('../peers/whisper_cpp.ts'),
    variants: WHISPER_CPP,
    model: (model, { options }) => {
      const found = peerModel(model, String(options['file']), 'make_ggml.ts');
      return 'path' in found ? { path: join(found.path, String(options['file'])) } : found;
    },
  },
];

/** What a device of each runtime costs before any work. */
export const EMPTY_DEVICES = [
  { name: 'Dawn, one buffer of 4 bytes', program: local('empty_device.ts'), options: {} },
  { name: 'onnxruntime, one addition', program: local('../peers/transformers_js.ts'), options: { empty: true } },
] as const;

function ourModel(model: string): { readonly path: string } | { readonly missing: string } {
  const root = process.env['WHISPER_WGSL_MODELS'];
  const layouts = root === undefined ? [] : ['hf', 'ct2', ''].map((layout) => join(root, model, layout));
  const folders = [...layouts, local(`../../models/${model}`)];
  const path = folders.find((f) => existsSync(join(f, 'model.safetensors')) || existsSync(join(f, 'model.bin')));
  return path ? { path } : { missing: `no weights of ${model}: set WHISPER_WGSL_MODELS to a folder that holds them` };
}

function peerModel(
  model: string,
  file: string,
  maker: string,
): { readonly path: string } | { readonly missing: string } {
  if (!existsSync(local('../peers/node_modules')))
    return { missing: 'not installed: npm install --prefix bench/peers' };
  const path = join(process.env['WHISPER_WGSL_PEER_MODELS'] ?? local('../peers/models'), model);
  if (existsSync(join(path, file))) return { path };
  return { missing: `no ${model}/${file}: bench/peers/${maker} makes it, see bench/peers/README.md` };
}

function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
