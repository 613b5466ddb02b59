// Reads a kernel: joins its imports, and reads bindings and `struct Params` from the WGSL, so that no second list exists.
//
// Two comment lines are understood, each on a line of its own:
//   //#import gelu         appends kernels/shared/gelu.wgsl
//   //#import weight(w)    appends kernels/shared/weight.<form of input w>.wgsl, which declares `w` (and its scale) and how to read it;
//                          a form is an element type, or `none` for an optional input that is absent

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { ShaderError } from '../errors.ts';
import type { DType } from './op.ts';

/** How a tensor is stored: its element type, and whether it is an image (src/graph/images.ts). */
export type Form = DType | `${DType}.image`;

export interface KernelBinding {
  readonly name: string;
  readonly binding: number;
  /** A storage texture. */
  readonly image: boolean;
  readonly access: 'read' | 'read_write';
}

export interface ParamField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

export interface KernelSource {
  /** Path of the kernel's own file. */
  readonly file: string;
  readonly code: string;
  /** Storage bindings by binding number; the uniform `params` is binding 0 and not among them. */
  readonly bindings: readonly KernelBinding[];
  readonly params: readonly ParamField[];
  /** Names of `override` declarations. */
  readonly overrides: readonly string[];
  /** Where line `line` (1-based) of `code` was written: `file:line`. */
  locate(line: number): string;
}

const IMPORT = /^\/\/#import (\w+)(?:\((\w+)\))?\s*$/;
const DIRECTIVE = /^\s*(enable|requires|diagnostic)\b/;

interface Line {
  readonly text: string;
  readonly from: string;
}

const cache = new Map<string, KernelSource>();

/**
 * Loads kernels/<stem>.wgsl of `folder` for tensors of the given forms.
 * @throws ShaderError when a file or import is missing, or the WGSL breaks a rule of the house.
 */
export function loadKernel(folder: URL, stem: string, forms: Readonly<Record<string, Form>>): KernelSource {
  const file = fileURLToPath(new URL(`${stem}.wgsl`, folder));
  const key = `${file} ${JSON.stringify(forms)}`;
  let source = cache.get(key);
  if (!source) {
    source = reflect(file, joinImports(folder, file, forms));
    cache.set(key, source);
  }
  return source;
}

function joinImports(folder: URL, file: string, forms: Readonly<Record<string, Form>>): Line[] {
  const lines = readLines(file);
  const joined = new Set<string>();
  // The list grows while it is read: imports may import.
  for (const { text, from } of lines) {
    const match = IMPORT.exec(text);
    if (!match) continue;
    const [, name, binding] = match;
    const form = binding === undefined ? '' : `.${forms[binding] ?? 'none'}`;
    const shared = fileURLToPath(new URL(`shared/${name}${form}.wgsl`, folder));
    if (!existsSync(shared))
      throw new ShaderError(`${from}: expected an import among kernels/shared, got ${name}${form}`);
    if (!joined.has(shared)) lines.push(...readLines(shared));
    joined.add(shared);
  }
  // Directives must precede everything else.
  return [...lines.filter((l) => DIRECTIVE.test(l.text)), ...lines.filter((l) => !DIRECTIVE.test(l.text))];
}

function readLines(file: string): Line[] {
  if (!existsSync(file)) throw new ShaderError(`loadKernel: expected a WGSL file, got nothing at ${file}`);
  const text = readFileSync(file, 'utf8').trimEnd();
  return text.split('\n').map((line, i) => ({ text: line, from: `${file}:${i + 1}` }));
}

function reflect(file: string, lines: readonly Line[]): KernelSource {
  const code = `${lines.map((l) => l.text).join('\n')}\n`;
  let reflected: WgslReflect;
  try {
    // The parser does not know subgroup matrices yet, which are neither bindings nor params.
    const known = code.replace(/subgroup_matrix_\w+<[^>]*>/g, 'f32').replace(/(subgroupMatrix\w+)<[^>]*>/g, '$1');
    reflected = new WgslReflect(known);
  } catch (cause) {
    throw new ShaderError(`${file}: expected WGSL, got a text that does not parse: ${cause}`, { cause });
  }
  const [uniform, ...more] = reflected.uniforms;
  if (uniform === undefined || uniform.binding !== 0 || uniform.type.name !== 'Params' || more.length > 0) {
    throw new ShaderError(`${file}: expected one uniform, \`@binding(0) params: Params\``);
  }
  const bindings = reflected.storage
    .map((s) => ({
      name: s.name,
      binding: s.binding,
      image: s.type.name.startsWith('texture_storage'),
      access: s.access as KernelBinding['access'],
    }))
    .sort((a, b) => a.binding - b.binding);
  const params = (uniform.type as { members?: { name: string; type: { name: string } }[] }).members ?? [];
  for (const { name, type } of params) {
    if (type.name !== 'u32' && type.name !== 'i32' && type.name !== 'f32') {
      throw new ShaderError(`${file}: expected 4-byte scalars in struct Params, got ${name}: ${type.name}`);
    }
  }
  return {
    file,
    code,
    bindings,
    params: params.map((m) => ({ name: m.name, type: m.type.name as ParamField['type'] })),
    overrides: reflected.overrides.map((o) => o.name),
    locate: (line) => lines[line - 1]?.from ?? `${file}:${line}`,
  };
}
