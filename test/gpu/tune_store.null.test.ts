// Rung: null. What is stored comes back for the same adapter, driver and kernels; anything else is refused with a reason, never fatal.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gpu, openGpu } from '../../src/gpu/device.ts';
import type { TunedSite } from '../../src/gpu/tune.ts';
import { sitesOf } from '../../src/gpu/tune_sites.ts';
import { chooserOf, readStore, storePath, writeStore } from '../../src/gpu/tune_store.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile } from '../../src/graph/program.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { TINY_DIMS } from '../support/tiny_whisper.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
const path = join(folder, 'made', 'store.json');
const graph = whisperGraph(TINY_DIMS);

describe('[null] tune store', () => {
  let gpu: Gpu;
  let tuned: TunedSite[];
  beforeAll(async () => {
    gpu = await openGpu({ adapter: 'null' });
    tuned = sitesOf([graph], gpu.caps).map((site) => {
      const chosen = { variant: site.variants.at(-1)!.name, seconds: 1 };
      return { site, tried: [chosen], chosen };
    });
  });
  beforeEach(() => rmSync(path, { force: true }));
  afterAll(async () => {
    await gpu.close();
    rmSync(folder, { recursive: true });
  });

  it('has nothing at first, and says so', async () => {
    expect(await readStore(gpu, path)).toEqual({
      path,
      state: 'absent',
      reason: "nothing was measured yet on 'null backend'",
    });
  });

  it('gives back what was written, with no other file left', async () => {
    await writeStore(gpu, tuned, path);
    const { choices } = await readStore(gpu, path);
    expect([...choices!]).toEqual(tuned.map(({ site, chosen }) => [site.key, chosen!.variant]));
    expect(readdirSync(join(folder, 'made'))).toEqual(['store.json']);
  });

  it('keeps choices for other shapes, and drops one that is none any more', async () => {
    const [first, second, third] = tuned as [TunedSite, TunedSite, TunedSite];
    await writeStore(gpu, [first, second], path);
    await writeStore(gpu, [{ ...second, chosen: undefined }, third], path);
    expect([...(await readStore(gpu, path)).choices!.keys()]).toEqual([first.site.key, third.site.key]);
  });

  for (const [name, value] of [
    ['adapter', 'another GPU'],
    ['driver', 'vendor 1.2.3'],
    ['kernels', '0'.repeat(64)],
    ['format', 'whisper-wgsl tuned kernels 0'],
  ]) {
    it(`refuses one of another ${name}, and then begins anew`, async () => {
      await writeStore(gpu, tuned, path);
      const stored = JSON.parse(readFileSync(path, 'utf8')) as object;
      writeFileSync(path, JSON.stringify({ ...stored, [name!]: value }));
      const reading = await readStore(gpu, path);
      expect(reading).toMatchObject({ state: 'unusable', path });
      expect(reading.reason).toContain(`${path}: expected`);
      expect(reading.reason).toContain(`got "${value}"`);
      await writeStore(gpu, tuned.slice(0, 1), path);
      expect((await readStore(gpu, path)).choices!.size).toBe(1);
    });
  }

  it('refuses damaged ones', async () => {
    await writeStore(gpu, tuned, path);
    const whole = readFileSync(path, 'utf8');
    const without = { ...(JSON.parse(whole) as object), choices: ['linear'] };
    const wrong = { ...without, choices: { 'linear {}': 8 } };
    for (const text of ['', whole.slice(0, 400), '[]', JSON.stringify(without), JSON.stringify(wrong), '\0\xff']) {
      writeFileSync(path, text, 'latin1');
      const reading = await readStore(gpu, path);
      expect(reading).toMatchObject({ state: 'unusable' });
      expect(reading.reason).toContain('expected');
    }
    rmSync(path);
    mkdirSync(path);
    expect(await readStore(gpu, path)).toMatchObject({ state: 'unusable' });
    rmSync(path, { recursive: true });
  });

  it('lies in the cache folder, in one file for an adapter', () => {
    const names = ['GPU (1)', 'GPU [1]', 'x'.repeat(500)].map((name) => storePath({ name }));
    expect(new Set(names).size).toBe(3);
    for (const each of names) expect(each).toMatch(/whisper-wgsl[/\\]tuned[/\\][\w-]{1,80}\.json$/);
  });

  it('chooses what compile then runs, and counts it; names that no kernel has change nothing', () => {
    const kernels = (choices: ReadonlyMap<string, string>) => {
      const { choose, counts } = chooserOf(choices);
      const { phases } = compile(graph, separateLayout(graph), gpu.caps, { choose });
      return { counts, list: Object.values(phases).flatMap((p) => p.map(({ kernel }) => kernel)) };
    };
    const plain = kernels(new Map());
    const last = kernels(new Map(tuned.map(({ site, chosen }) => [site.key, chosen!.variant])));
    const changed = last.list.filter((kernel, i) => kernel !== plain.list[i]).length;
    expect(changed).toBeGreaterThan(0);
    expect(last.counts).toMatchObject({ changed });
    expect(plain.counts).toEqual({ found: 0, changed: 0 });
    const strange = kernels(new Map(tuned.map(({ site }) => [site.key, 'gone'])));
    expect(strange).toEqual(plain);
  });
});
