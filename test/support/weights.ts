// Real weights for the model rung. The bundled tiny.en (int8) is always there; f16 ones are not in the repository: WHISPER_WGSL_MODELS
// names a folder that holds tiny.en and base (each a model folder, or one with hf/ or ct2/ inside).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BUNDLED = fileURLToPath(new URL('../../models/tiny.en', import.meta.url));

/** Folder of the f16 weights, or undefined, which is said once on stderr. */
export function realModel(name: 'tiny.en' | 'base'): string | undefined {
  const root = process.env['WHISPER_WGSL_MODELS'];
  const folders = root === undefined ? [] : ['hf', 'ct2', ''].map((layout) => join(root, name, layout));
  const found = folders.find((f) => existsSync(join(f, 'model.safetensors')) || existsSync(join(f, 'model.bin')));
  if (found === undefined) {
    process.stderr.write(
      `  [model] SKIPPED: f16 weights of ${name}; set WHISPER_WGSL_MODELS to a folder that holds them\n`,
    );
  }
  return found;
}
