// Rung: device. linear.matrix against its CPU twin, its subgroup matrices emulated where the adapter has none.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkKernel } from '../../src/gpu/check_kernel.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { linear } from '../../src/ops/linear.ts';
import type { Op } from '../../src/ops/op.ts';
import { emulateMatrix } from '../support/emulate_matrix.ts';
import { testGpu } from '../support/gpu.ts';

const KERNEL = 'linear.matrix.wgsl';

describe('[device] linear on matrix units', async () => {
  const gpu = await testGpu();
  const pipelines = new PipelineCache(gpu);
  const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-matrix-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  cpSync(new URL('shared/', linear.kernels), join(folder, 'shared'), { recursive: true });
  const wgsl = readFileSync(new URL(KERNEL, linear.kernels), 'utf8');
  writeFileSync(join(folder, KERNEL), gpu.caps.matrix ? wgsl : emulateMatrix(wgsl));

  const op: Op = { ...(linear as Op), kernels: pathToFileURL(`${folder}/`) };
  const variant = op.variants.find(({ name }) => name === 'matrix')!;
  const cases = op.cases.filter(({ types, bench }) => !types['norm_weight'] && !bench);
  for (const given of cases) {
    it(given.name, async () => {
      const report = await checkKernel(gpu, pipelines, op, given, variant);
      expect(report.faults).toEqual([]);
    });
  }
});
