// The memory meter: builds the Vulkan layer of meter/ and reads what it counts. The layer counts vkAllocateMemory, so an engine's own
// pools are in the figure with their slack, and what a driver takes for itself (shader code, command buffers) is not.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLibrary } from './native.ts';

const LAYER = 'VK_LAYER_WHISPER_WGSL_memory_meter';
const SOURCE = fileURLToPath(new URL('meter/memory_meter.c', import.meta.url));
/** Ignored by git. */
const BUILD = fileURLToPath(new URL('../../.tmp/memory-meter/', import.meta.url));
/** Tells the layer, and `readMeter` in the same process, which file holds the counts. */
const FILE = 'WHISPER_WGSL_METER';

/** Bytes that a process holds of the driver, or held at most. Imported memory existed already and is counted apart. */
export interface MeterCounts {
  readonly held: number;
  readonly peak: number;
  /** Of the peak: memory of the device itself. The rest is host memory that the device reaches. All is local on a software driver. */
  readonly peakDeviceLocal: number;
  readonly peakImported: number;
  readonly allocations: number;
  readonly failures: number;
  /** The Vulkan device made last, empty where none was made. */
  readonly deviceName: string;
}

/** Environment that puts the layer under a process, or why there is none. */
export type Meter =
  | { readonly environment: (file: string) => Readonly<Record<string, string>> }
  | { readonly missing: string };

/** Compiles the layer. */
export function buildMeter(): Meter {
  const library = join(BUILD, 'libmemory_meter.so');
  // nodelete: the loader unloads a layer with its last instance, and the list of live allocations must outlive that.
  const missing = buildLibrary(SOURCE, library, ['-Wl,-z,nodelete']);
  if (missing !== undefined) return { missing: `the memory meter is absent: ${missing}` };
  writeFileSync(join(BUILD, 'memory_meter.json'), manifest(library));
  return {
    environment: (file) => ({ VK_LAYER_PATH: BUILD, VK_INSTANCE_LAYERS: LAYER, [FILE]: file }),
  };
}

function manifest(library: string): string {
  const layer = {
    name: LAYER,
    type: 'GLOBAL',
    library_path: library,
    api_version: '1.3.0',
    implementation_version: '1',
    description: 'Counts vkAllocateMemory',
  };
  return `${JSON.stringify({ file_format_version: '1.1.2', layer }, null, 2)}\n`;
}

/** The counts of this moment in a file of the layer (struct Counts in memory_meter.c); undefined where no layer has made it. */
export function readMeter(file: string | undefined = process.env[FILE]): MeterCounts | undefined {
  if (file === undefined) return undefined;
  const bytes = readFileSync(file);
  if (bytes.length === 0) return undefined;
  const word = (index: number) => Number(bytes.readBigUInt64LE(8 * index));
  const name = bytes.subarray(10 * 8);
  return {
    held: word(0),
    peak: word(1),
    peakDeviceLocal: word(5),
    peakImported: word(7),
    allocations: word(8),
    failures: word(9),
    deviceName: name.toString('utf8', 0, name.indexOf(0)),
  };
}
