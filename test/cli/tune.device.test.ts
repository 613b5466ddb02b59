// Rung: device. The command measures, prints what it chose and keeps it, so that the next load uses it.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/io.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { useCacheFolder } from '../gpu/tune_cache.fixture.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';
import { cli } from './in_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
const model = join(folder, 'model');
let restoreCache: () => void;
const store = join(folder, 'cache', 'whisper-wgsl', 'tuned');

const tune = (...args: string[]) => cli(['tune', ...args]);

describe('[device] whisper-wgsl tune', () => {
  beforeAll(async () => {
    await writeTinyModel(model);
    await (await openGpu()).close();
    restoreCache = useCacheFolder(join(folder, 'cache'));
  });
  afterAll(() => {
    restoreCache();
    rmSync(folder, { recursive: true });
  });

  it('prints every site and what phases gain, and the next load uses it', async () => {
    const { code, out, err } = await tune('--model', model, '--sequences', '1');
    expect(err).toMatch(/\.json written after \d+ s\n$/);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/ on '.+'$/);
    const rows = lines.filter((line) => /^ *\d+\/\d+ /.test(line));
    expect(rows.length).toBe(Number(/\/(\d+)/.exec(rows[0]!)![1]));
    for (const row of rows) expect(row).toMatch(/^ *\d+\/\d+ [\w.]+ +[\d.]+ {2}(=|[\w.]+) +[\d.]+ +-?[\d.]+ % {2}/);
    for (const phase of ['encode', 'step']) {
      expect(out).toMatch(new RegExp(`^predicted, 1 sequence: ${phase} +[\\d.]+ -> +[\\d.]+ ms`, 'm'));
    }
    expect(readdirSync(store)).toHaveLength(1);
    await using whisper = await Whisper.load(model, {});
    expect(whisper.configuration.tuned.used).toBe(true);
  });

  it('refuses what is no number of sequences, or no limit', async () => {
    for (const args of [
      ['--sequences', '1,0'],
      ['--sequences', 'five'],
      ['--limit', '0'],
    ]) {
      const { code, err } = await tune(...args);
      expect(code).toBe(EXIT.usage);
      expect(err).toContain('expected');
    }
  });

  it('stores nothing where nothing computes', async () => {
    rmSync(store, { recursive: true, force: true });
    const { code, err } = await tune('--model', model, '--adapter', 'null');
    expect(code).toBe(EXIT.failure);
    expect(err).toContain('got the null backend');
    expect(existsSync(store)).toBe(false);
  });
});
