// Rung: device. A store of kernels that are not the defaults changes what runs, never what is heard; a damaged one changes nothing.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGpu } from '../../src/gpu/device.ts';
import { isForGpus, sitesOf } from '../../src/gpu/tune_sites.ts';
import { storePath, writeStore } from '../../src/gpu/tune_store.ts';
import { loadEngine } from '../../src/whisper/load_engine.ts';
import { type LoadOptions, Whisper } from '../../src/whisper/whisper.ts';
import { chirp, writeTinyModel } from '../support/tiny_whisper.ts';
import { useCacheFolder } from './tune_cache.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
const model = join(folder, 'model');
let restoreCache: () => void;
let path: string;

/** Stores for every site the last kernel that the driver compiles soon. */
async function storeOddChoices(options: LoadOptions): Promise<void> {
  await using loaded = await loadEngine(model, { ...options, tuned: false });
  const { gpu, engine } = loaded;
  const tuned = sitesOf([engine.graph], gpu.caps).map((site) => {
    const [variant] = site.variants.filter((v) => !isForGpus(site, v, gpu.caps)).slice(-1);
    const soon = site.op.name === 'layer_norm' ? site.variants.at(-1)! : variant!;
    return { site, tried: [], chosen: { variant: soon.name, seconds: 1 } };
  });
  await writeStore(gpu, tuned);
}

async function listen(options: LoadOptions) {
  await using whisper = await Whisper.load(model, options);
  const { sequences } = options;
  const { segments, text, memory } = await whisper.transcribe(chirp(16_000), { temperature: 0, beamSize: sequences });
  expect(memory.createdBytes).toBe(memory.plannedBytes);
  return { heard: { segments, text }, tuned: whisper.configuration.tuned };
}

async function kernels(options: LoadOptions): Promise<string[]> {
  await using loaded = await loadEngine(model, options);
  return Object.values(loaded.engine.program.phases).flatMap((phase) => phase.map(({ kernel }) => kernel));
}

describe('[device] a tuned Whisper', () => {
  beforeAll(async () => {
    await writeTinyModel(model);
    const gpu = await openGpu();
    restoreCache = useCacheFolder(join(folder, 'cache'));
    path = storePath(gpu);
    await gpu.close();
  });
  afterAll(() => {
    restoreCache();
    rmSync(folder, { recursive: true });
  });

  it('says that nothing was measured', async () => {
    const { tuned } = await listen({});
    expect(tuned.used).toBe(false);
    expect(tuned.reason).toMatch(/^nothing was measured yet on .*whisper-wgsl tune/);
  });

  for (const options of [{}, { sequences: 2 }, { mode: 'streamed', weights: 'int8' }] as const) {
    it(`runs other kernels and hears the same with ${JSON.stringify(options)}`, async () => {
      await storeOddChoices(options);
      const plain = await listen({ ...options, tuned: false });
      expect(plain.tuned).toEqual({ used: false, reason: 'tuned: false was asked for' });
      expect(plain.heard.segments.flatMap(({ tokens }) => tokens).length).toBeGreaterThan(0);
      const odd = await listen(options);
      const [before, after] = [await kernels({ ...options, tuned: false }), await kernels(options)];
      const changed = after.filter((kernel, i) => kernel !== before[i]).length;
      expect(changed).toBeGreaterThan(0);
      expect(odd.tuned.used).toBe(true);
      expect(odd.tuned.reason).toMatch(new RegExp(`changes the kernels of ${changed}$`));
      expect(odd.heard.text).toBe(plain.heard.text);
      expect(odd.heard.segments.map(({ tokens }) => tokens)).toEqual(plain.heard.segments.map(({ tokens }) => tokens));
    });
  }

  it('warns once of a damaged store and goes on', async () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"choices":');
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const first = await listen({});
    const second = await listen({});
    process.off('warning', note);
    expect(first.tuned).toMatchObject({ used: false });
    expect(first.tuned.reason).toContain(`${path}: expected JSON`);
    expect(second).toEqual(first);
    expect(warnings.filter(({ name }) => name === 'WhisperWarning').map(({ message }) => message)).toEqual([
      first.tuned.reason,
    ]);
  });
});
