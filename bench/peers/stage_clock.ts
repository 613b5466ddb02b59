// Makes whisper.cpp tell its encoder's and decoder's time, and decode without timestamps: builds stage_clock.c against the package's own
// headers, and reads what it has whisper.cpp print.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stages } from '../engines/subject.ts';
import { buildLibrary } from '../process/native.ts';

const SOURCE = fileURLToPath(new URL('stage_clock.c', import.meta.url));
/** Ignored by git. */
const LIBRARY = fileURLToPath(new URL('../../.tmp/stage-clock/libstage_clock.so', import.meta.url));
const HEADERS = fileURLToPath(new URL('node_modules/@fugood/whisper.node/whisper.cpp/', import.meta.url));

const PACKAGE = '@fugood/node-whisper';

export type StageClock = { readonly environment: Readonly<Record<string, string>> } | { readonly missing: string };

/** Environment that puts the clock into a process of whisper.cpp's Vulkan build, or why there is none. */
export function buildStageClock(): StageClock {
  let engine: string;
  try {
    engine = createRequire(import.meta.url).resolve(`${PACKAGE}-${process.platform}-${process.arch}-vulkan`);
  } catch {
    return { missing: `no Vulkan build of whisper.cpp for ${process.platform}-${process.arch} is installed` };
  }
  const include = ['include', 'ggml/include'].map((folder) => `-I${join(HEADERS, folder)}`);
  const missing = buildLibrary(SOURCE, LIBRARY, include);
  return missing === undefined ? { environment: { LD_PRELOAD: LIBRARY, WHISPER_CPP_LIBRARY: engine } } : { missing };
}

/**
 * `whisper_print_timings: encode time = 5210.15 ms / 1 runs (...)`, of the last call in the log. `decode` are the passes of one token;
 * the encoder's time has the cross keys and values in it.
 */
export function readStages(log: string): Stages | undefined {
  const last = log.slice(Math.max(0, log.lastIndexOf('load time =')));
  const of = (stage: string) => new RegExp(`${stage} time = *([\\d.]+) ms / *(\\d+) runs`).exec(last);
  const [encode, decode] = [of('encode'), of('decode')];
  if (!encode || !decode) return undefined;
  return { encode: Number(encode[1]) / 1000, decode: Number(decode[1]) / 1000, tokens: Number(decode[2]) };
}
