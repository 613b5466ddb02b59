// The folder that is carried to a machine without Node or network: this suite as JavaScript, Node itself, Dawn, what they need at run
// time, the bundled model and the sample, in one archive; and beside it the script that unpacks and starts it.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError } from '../../src/errors.ts';
import { commit } from '../process/machine.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MOST_BYTES = 60 * 2 ** 20;
/** Imported at run time on the suite's way; the decoders of compressed audio and the command line are not. */
const PACKAGES = ['webgpu', 'wgsl_reflect', 'pako'];
const LOADER = 'libvulkan.so.1';

/**
 * Writes `folder`, which must not exist or be empty. Takes a minute or two: compressing Node is slow.
 * @returns the bytes of all its files.
 * @throws OptionError on another platform than linux x64, for a folder that is not empty, and where the whole exceeds 60 MiB.
 */
export function pack(folder: string): number {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64')
    throw new OptionError(`bench gpu --pack: expected to run on linux-x64, got ${platform}`);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new OptionError(`bench gpu --pack: expected a new or empty folder, got ${folder} with files in it`);
  }
  const work = mkdtempSync(join(tmpdir(), 'whisper-wgsl-pack-'));
  try {
    collect(work);
    mkdirSync(folder, { recursive: true });
    const archive = has('xz') ? 'suite.tar.xz' : 'suite.tar.gz';
    const compress = archive.endsWith('xz') ? ['-I', 'xz -6 --x86 --lzma2=preset=6,dict=64MiB'] : ['-z'];
    execFileSync('tar', [...compress, '-cf', join(folder, `${archive}.tmp`), '-C', work, 'suite']);
    renameSync(join(folder, `${archive}.tmp`), join(folder, archive));
  } finally {
    rmSync(work, { recursive: true });
  }
  copyFileSync(join(ROOT, 'bench/gpu/run.sh'), join(folder, 'run.sh'));
  chmodSync(join(folder, 'run.sh'), 0o755);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  if (bytes < MOST_BYTES) return bytes;
  throw new OptionError(
    `bench gpu --pack: expected less than ${MOST_BYTES} bytes in ${folder}, got ${bytes}: pack with xz, strip and Node 20`,
  );
}

/** Lays everything out under `work`/suite as in the checkout, so that paths relative to modules hold. */
function collect(work: string): void {
  const suite = join(work, 'suite');
  mkdirSync(join(suite, 'lib'), { recursive: true });
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'));
  const emit = ['--noEmit', 'false', '--noCheck', '--removeComments', '--rootDir', ROOT, '--outDir', suite];
  const settings = { extends: join(ROOT, 'tsconfig.json'), include: [join(ROOT, 'src'), join(ROOT, 'bench/main.ts')] };
  const project = join(ROOT, 'node_modules', `.pack-${process.pid}.json`); // beside the types that it names
  writeFileSync(project, JSON.stringify(settings));
  try {
    execFileSync(process.execPath, [tsc, '-p', project, ...emit], { stdio: 'inherit' });
  } finally {
    rmSync(project);
  }
  for (const name of ['kernels', 'models', 'samples', 'LICENSE'])
    cpSync(join(ROOT, name), join(suite, name), { recursive: true });
  writeFileSync(join(suite, 'package.json'), JSON.stringify({ type: 'module', packedFrom: commit() }));
  for (const name of PACKAGES) copyPackage(name, suite);
  copyFileSync(process.execPath, join(suite, 'node'));
  if (has('strip')) {
    for (const file of ['node', 'node_modules/webgpu/dist/linux-x64/dawn.node'])
      execFileSync('strip', [join(suite, file)]);
  }
  const loader = systemLoader();
  if (loader) copyFileSync(loader, join(suite, 'lib', LOADER));
}

/** Without source maps, types, and Dawn for other platforms. */
function copyPackage(name: string, suite: string): void {
  const from = join(ROOT, 'node_modules', name);
  cpSync(from, join(suite, 'node_modules', name), {
    recursive: true,
    filter: (path) => {
      const inside = path.slice(from.length);
      return !/\.map$|\.d\.ts$|^\/(types|build)(\/|$)|^\/dist\/(darwin|win32|linux-arm64)/.test(inside);
    },
  });
}

/** The Vulkan loader of this machine, for one that has a driver and no loader. */
function systemLoader(): string | undefined {
  const listed = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return new RegExp(`${LOADER} .*x86-64.*=> (.*)`).exec(listed)?.[1];
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
