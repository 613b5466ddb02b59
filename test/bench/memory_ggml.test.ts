// Rung: pure. The model files that the memory suite hands to whisper.cpp, read back: every tensor, to the precision of its type.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggmlFile } from '../../bench/peers/make_ggml.ts';
import { openModel } from '../../src/formats/detect.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';

/**
 * Largest error as a fraction of a tensor's largest value. f16: half a unit of 2^-10. q8_0: half a step of 1/127, and what rounding the
 * scale to f16 adds. q5_0: its codes reach from -16 to 15 sixteenths, so a value of +16 loses a whole step.
 */
const WORST = { f16: 2 ** -11, q8_0: 0.57 / 127, q5_0: 1.01 / 16 } as const;

describe('ggml files for whisper.cpp', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ggml-'));
    await writeTinyModel(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['f16', 'q8_0', 'q5_0'] as const)('%s', async (type) => {
    const path = join(folder, `${type}.bin`);
    await writeFile(path, await ggmlFile(folder, type));
    const source = await openModel(folder);
    const made = await openModel(path);
    try {
      expect(made.dims).toEqual(source.dims);
      expect([...made.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort());
      for (const name of source.tensors.keys()) {
        const expected = await readRowsF32(source, name);
        const got = await readRowsF32(made, name);
        const most = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
        const worst = expected.reduce((max, x, i) => Math.max(max, Math.abs(x - got[i]!)), 0);
        expect(worst, name).toBeLessThanOrEqual(most * WORST[type]);
      }
      expect(made.mel_filters?.n_freqs).toBe(201);
    } finally {
      await source.file.close();
      await made.file.close();
    }
  });
});
