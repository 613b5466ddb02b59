// Where the package keeps what it can make again: unpacked drivers, measured kernel choices.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/whisper-wgsl`, else `~/.cache/whisper-wgsl`, with `parts` appended. The folder may not exist yet. */
export function cacheFolder(...parts: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'whisper-wgsl', ...parts);
}
