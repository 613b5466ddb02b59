// The process that measures whisper.cpp on Vulkan, in the build of @fugood/whisper.node. Options: flash, its fused attention.

import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeviceError } from '../../src/errors.ts';
import { drive } from '../engines/drive.ts';
import { loadPackage, versionOf } from './packages.ts';
import { readStages } from './stage_clock.ts';

const PACKAGE = '@fugood/whisper.node';

interface Context {
  transcribeData(pcm: ArrayBuffer, options: object): { readonly promise: Promise<{ readonly result: string }> };
  release(): Promise<void>;
}

interface Binding {
  initWhisper(options: { filePath: string; useGpu: boolean; useFlashAttn: boolean }, build: 'vulkan'): Promise<Context>;
  addNativeLogListener(listener: (level: string, text: string) => void): void;
  toggleNativeLog(enable: boolean): Promise<void>;
}

/** The log's lines come by the event loop, behind what they tell of. */
const LOG_DELAY_MS = 200;
/** The last line of loading. */
const LOADED = /compute buffer \(decode\)/;

const { initWhisper, addNativeLogListener, toggleNativeLog } = loadPackage<Binding>(PACKAGE);

await drive(async ({ path, options: { flash } }) => {
  let log = '';
  addNativeLogListener((_, text) => {
    log += text;
  });
  await toggleNativeLog(true);
  const context = await initWhisper({ filePath: path, useGpu: true, useFlashAttn: flash === true }, 'vulkan');
  await until(() => LOADED.test(log));
  // ggml falls back to the CPU without another word.
  if (/no GPU found/.test(log))
    throw new DeviceError('whisper.cpp: expected a Vulkan device, got "no GPU found" in its log');
  const weights = weightBytes(log);
  const options = {
    ...{ language: 'en', temperature: 0, temperatureInc: 0, bestOf: 1, maxContext: 0 },
    maxThreads: availableParallelism(),
  };
  return {
    version: versionOf(PACKAGE),
    weightBytes: weights,
    transcribe: async (samples) => {
      log = '';
      return (await context.transcribeData(pcm16(samples), options).promise).result;
    },
    stages: async () => {
      await sleep(LOG_DELAY_MS);
      return readStages(log);
    },
    dispose: async () => {
      await context.release();
      await toggleNativeLog(false); // its callback would keep the process alive
    },
  };
});

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready() && waited < LOG_DELAY_MS; waited++) await sleep(1);
}

/** `Vulkan0 total size = 77.11 MB`: the weights as loaded, MB = 1e6 bytes. */
function weightBytes(log: string): number | undefined {
  const [, megabytes] = /total size\s*=\s*([\d.]+) MB/.exec(log) ?? [];
  return megabytes === undefined ? undefined : Math.round(Number(megabytes) * 1e6);
}

/** 16-bit samples, as the binding takes them. The clip is a 16-bit file, so nothing is lost. */
function pcm16(samples: Float32Array): ArrayBuffer {
  return Int16Array.from(samples, (x) => Math.max(-32768, Math.min(32767, Math.round(x * 32768)))).buffer;
}
