// SwiftShader, a software Vulkan driver, out of the npm package @sparticuz/chromium: it needs no root, no system library and no download
// of its own. The package is an optional peer; where it is absent there is simply no such adapter.

import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { cacheFolder } from '../cache_folder.ts';
import { AdapterError } from '../errors.ts';

const PACKAGE = '@sparticuz/chromium';
const LOADER = 'libvulkan.so.1';
const FILES = ['libvk_swiftshader.so', 'vk_swiftshader_icd.json', LOADER];
/** glibc's RTLD_NODELETE: Node closes what holds no addon of its own, and the loader must stay. */
const RTLD_NODELETE = 0x1000;

let added: Promise<boolean> | undefined;

/**
 * Makes SwiftShader one of the Vulkan drivers of this process, beside the system's. Later calls do nothing.
 * @returns false where the package is absent or holds no driver for this platform.
 * @throws AdapterError when the package's archive cannot be unpacked.
 */
export function addSwiftShader(): Promise<boolean> {
  added ??= add();
  return added;
}

/** True where Dawn will find a Vulkan loader, or needs none because the platform has another API. */
export function hasVulkanLoader(): boolean {
  return platform() !== 'linux' || loadLibrary(LOADER);
}

async function add(): Promise<boolean> {
  const root = findPackage();
  if (root === undefined) return false;
  const folder = await unpack(root);
  const icd = join(folder, 'vk_swiftshader_icd.json');
  // A list of drivers that the user set replaces the system's, so it must be extended; else the system's stay in view.
  const listed = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (listed === undefined) process.env['VK_ADD_DRIVER_FILES'] = icd;
  else process.env['VK_DRIVER_FILES'] = [listed, icd].join(delimiter);
  if (!hasVulkanLoader() && !loadLibrary(join(folder, LOADER))) {
    throw new AdapterError(
      `addSwiftShader: expected a Vulkan loader that loads, got none from the system or ${folder}`,
    );
  }
  return true;
}

function findPackage(): string | undefined {
  if (platform() !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), '..', '..');
  } catch {
    return undefined;
  }
}

/** Unpacks the driver once per version of the package; safe against a second process doing the same. */
async function unpack(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = cacheFolder(`swiftshader-${version}`);
  if (FILES.every((file) => existsSync(join(folder, file)))) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}-`);
  try {
    // The package brings tar-fs as a dependency of its own.
    const tar = createRequire(join(root, 'package.json'))('tar-fs') as {
      extract(dir: string, options: { ignore(name: string): boolean }): Writable;
    };
    const ignore = (name: string) => !FILES.some((file) => name.endsWith(file)) && name !== temporary;
    const archive = createReadStream(join(root, 'bin', 'swiftshader.tar.br'));
    await pipeline(archive, createBrotliDecompress(), tar.extract(temporary, { ignore }));
    await rename(temporary, folder).catch(async () => {
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
    });
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    throw new AdapterError(`addSwiftShader: expected to unpack ${PACKAGE}'s driver into ${folder}, got ${cause}`, {
      cause,
    });
  }
  return folder;
}

/** Loads a shared library for the whole process, so that Dawn finds it by its name. */
function loadLibrary(file: string): boolean {
  try {
    const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
    process.dlopen({ exports: {} }, file, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    // A library that loads is then refused for not being an addon; it stays loaded.
    return /did not self-register/.test(String(error));
  }
  return true;
}
