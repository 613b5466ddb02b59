// Where measured choices of kernels are kept: a file for an adapter in the user's cache folder, good for one driver and one set of
// kernels. A file that cannot be used is never fatal, and the reason is always told.

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../cache_folder.ts';
import { WhisperError } from '../errors.ts';
import { isJsonObject, type JsonObject, readJsonObject, shown } from '../formats/json.ts';
import type { CompileOptions } from '../graph/program.ts';
import type { Gpu } from './device.ts';
import type { TunedSite } from './tune.ts';
import { siteKey } from './tune_sites.ts';

/** By key of a site, the name of the variant. */
export type Choices = ReadonlyMap<string, string>;

/** What there is for a device: choices, or why there are none. */
export type StoreReading = { readonly path: string } & (
  | { readonly choices: Choices; readonly reason?: undefined }
  | {
      readonly choices?: undefined;
      readonly reason: string;
      /** `absent`: nothing was ever stored. `unusable`: damaged, or of another driver or other kernels. */
      readonly state: 'absent' | 'unusable';
    }
);

const FORMAT = 'whisper-wgsl tuned kernels 1';
const KERNELS = fileURLToPath(new URL('../../kernels/', import.meta.url));

/** The file for an adapter's name. */
export function storePath({ name }: Pick<Gpu, 'name'>): string {
  const stem = name.replace(/[^a-zA-Z0-9]+/g, '-').slice(0, 60);
  return cacheFolder('tuned', `${stem}-${sha256(name).slice(0, 8)}.json`);
}

/** Choices that hold for this device and these kernels. */
export async function readStore(gpu: Gpu, path = storePath(gpu)): Promise<StoreReading> {
  if (!existsSync(path)) return { path, state: 'absent', reason: `nothing was measured yet on '${gpu.name}'` };
  try {
    const stored = await readJsonObject(path);
    const fault = mismatch(stored, await identity(gpu)) ?? choicesFault(stored);
    if (fault !== undefined) return { path, state: 'unusable', reason: `${path}: ${fault}` };
    const choices = Object.entries(stored['choices'] as JsonObject);
    return { path, choices: new Map(choices.map(([key, variant]) => [key, String(variant)])) };
  } catch (error) {
    if (!(error instanceof WhisperError)) throw error;
    return { path, state: 'unusable', reason: error.message };
  }
}

/**
 * Adds choices to those stored for other shapes, or begins anew where those cannot be used. The file changes as a whole or not at all.
 * @returns its path.
 */
export async function writeStore(gpu: Gpu, tuned: readonly TunedSite[], path = storePath(gpu)): Promise<string> {
  const { choices = new Map<string, string>() } = await readStore(gpu, path);
  const all = new Map(choices);
  for (const { site, chosen } of tuned) {
    if (chosen) all.set(site.key, chosen.variant);
    else all.delete(site.key);
  }
  const text = JSON.stringify({ ...(await identity(gpu)), choices: Object.fromEntries(all) }, undefined, 1);
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, `${text}\n`, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return path;
}

/** Compile's `choose` by what is stored, and an account of what it did. */
export interface Chooser {
  readonly choose: NonNullable<CompileOptions['choose']>;
  /** Nodes with a stored choice, and those of them that run another kernel than by default. */
  readonly counts: { readonly found: number; readonly changed: number };
}

export function chooserOf(choices: Choices): Chooser {
  const counts = { found: 0, changed: 0 };
  return {
    counts,
    choose(node, candidates) {
      const name = choices.get(siteKey(node));
      const stored = candidates.find((variant) => variant.name === name);
      if (stored) counts.found += 1;
      if (stored && stored !== candidates[0]) counts.changed += 1;
      return stored ?? candidates[0]!;
    },
  };
}

type Identity = Readonly<Record<'format' | 'adapter' | 'driver' | 'kernels', string>>;

async function identity({ name, device }: Gpu): Promise<Identity> {
  const { vendor, architecture, description } = device.adapterInfo;
  return {
    format: FORMAT,
    adapter: name,
    driver: [vendor, architecture, description].join(' '),
    kernels: await kernelsHash(),
  };
}

/** Of all WGSL that ops are made of: a kernel that changed must be measured again. */
async function kernelsHash(): Promise<string> {
  const files = (await readdir(KERNELS, { recursive: true })).filter((file) => file.endsWith('.wgsl')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(KERNELS, file), 'utf8')));
  return sha256(JSON.stringify(files.map((file, i) => [file.replaceAll('\\', '/'), texts[i]])));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const NEED: Readonly<Record<keyof Identity, string>> = {
  format: 'a file of this format',
  adapter: 'choices for this adapter',
  driver: 'choices measured with this driver',
  kernels: 'choices among these kernels, hash',
};

function mismatch(stored: JsonObject, now: Identity): string | undefined {
  const name = (Object.keys(NEED) as (keyof Identity)[]).find((each) => stored[each] !== now[each]);
  return name && `expected ${NEED[name]} '${now[name]}', got ${shown(stored[name])}`;
}

function choicesFault({ choices }: JsonObject): string | undefined {
  if (!isJsonObject(choices)) return `expected choices by site, got ${shown(choices)}`;
  const wrong = Object.entries(choices).find(([, variant]) => typeof variant !== 'string');
  return wrong && `expected a kernel's name for ${wrong[0]}, got ${shown(wrong[1])}`;
}
