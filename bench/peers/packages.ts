// The peers' packages, installed in this folder only. They are loaded by names that TypeScript does not follow, so that the repository
// type-checks where they are absent; each program states the few members it uses.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { OptionError } from '../../src/errors.ts';

const require = createRequire(import.meta.url);

/** @throws OptionError where the package is not installed. */
export function loadPackage<T>(name: string): T {
  try {
    return require(name) as T;
  } catch (cause) {
    throw new OptionError(`bench: expected ${name} (npm install --prefix bench/peers), got ${cause}`, { cause });
  }
}

/** `name version` */
export function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `${name} ${version}`;
}
