// Rung: model. What a long file leaves behind: nothing. 120 windows of a model too small to say anything sensible.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { loadEngine } from '../../src/whisper/load_engine.ts';
import { resolveOptions } from '../../src/whisper/options.ts';
import { type Session, soleSession } from '../../src/whisper/session.ts';
import { transcribeAudio } from '../../src/whisper/transcribe.ts';
import { testGpu } from '../support/gpu.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';

interface HostMemory {
  /** Of JavaScript's objects and of what they hold outside its heap. */
  readonly heap: number;
  readonly rss: number;
}

const WINDOWS = 120;
const WINDOW_SAMPLES = 19_200;

/** Windows after which host memory is looked at; the lowest figure of each run of them counts. */
const EARLY = [11, 20] as const;
const LATE = [111, 120] as const;
/** 3 KB a window of tokens and scores that the result keeps, twice over, and what a driver's pools come and go by. */
const MOST_GROWTH: HostMemory = { heap: 1e6, rss: 12e6 };

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function hostMemory(): Promise<HostMemory> {
  collect();
  await setImmediate(); // what was collected frees what it held outside the heap
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

/** Calls `look` after every window, with the number of windows so far. */
function watched(session: Session, look: (windows: number) => Promise<void>): Session {
  let windows = 0;
  return {
    ...session,
    async decode(task) {
      const decoded = await session.decode(task);
      await look(++windows);
      return decoded;
    },
  };
}

/** Every method of the device that makes something lasting, watched. */
function watchMakers(device: GPUDevice) {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(device)) as (keyof GPUDevice)[];
  const makers = methods.filter((name) => name.startsWith('create') && name !== 'createCommandEncoder');
  expect(makers).toEqual(expect.arrayContaining(['createBuffer', 'createBindGroup', 'createComputePipelineAsync']));
  return makers.map((name) => vi.spyOn(device, name as 'createBuffer'));
}

const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: SKIPPED 120 windows, which take minutes\n');

describe.skipIf(slow)('[device] 120 windows', () => {
  it.each(['resident', 'streamed'] as const)('%s: make nothing and leave nothing', async (mode) => {
    await using loaded = await loadEngine(folder, { mode });
    const { engine, gpu, tokenizer } = loaded;
    const planned = engine.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
    const tone = Float32Array.from({ length: WINDOWS * WINDOW_SAMPLES }, (_, i) => 0.1 * Math.sin(i / 7));
    await using audio = await openAudio(tone);
    const brief = { temperature: 0, sampleLength: 2, withoutTimestamps: true, conditionOnPreviousText: false } as const;
    const options = resolveOptions({ ...brief, noSpeechThreshold: null }, tokenizer, engine.options);

    const makers = watchMakers(gpu.device);
    const live: number[] = [];
    const host = new Map<number, HostMemory>();
    const session = watched(soleSession(engine, audio), async (windows) => {
      live.push(gpu.memory.live);
      collect(); // else the heap grows at leisure, and does not shrink
      if ([EARLY, LATE].some(([first, last]) => windows >= first && windows <= last)) {
        host.set(windows, await hostMemory());
      }
    });
    const { windows } = await transcribeAudio(session, tokenizer, audio, options);

    expect(windows.length).toBe(WINDOWS);
    expect(live).toEqual(new Array(WINDOWS).fill(planned));
    for (const maker of makers) expect(maker).not.toHaveBeenCalled();
    const lowest = (of: keyof HostMemory, [first, last]: readonly [number, number]) =>
      Math.min(...[...host].filter(([at]) => at >= first && at <= last).map(([, memory]) => memory[of]));
    for (const of of ['heap', 'rss'] as const) {
      expect(lowest(of, LATE) - lowest(of, EARLY), `bytes of ${of}`).toBeLessThan(MOST_GROWTH[of]);
    }
  });
});
