// A cache folder for tests of stored choices, so that nobody's own is read or written.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Points the package's cache at `folder`, but leaves Mesa's compiled shaders where they are. @returns what puts all back. */
export function useCacheFolder(folder: string): () => void {
  const before = { ...process.env };
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  process.env['MESA_SHADER_CACHE_DIR'] ??= cache;
  process.env['XDG_CACHE_HOME'] = folder;
  return () => {
    for (const name of ['MESA_SHADER_CACHE_DIR', 'XDG_CACHE_HOME']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  };
}
