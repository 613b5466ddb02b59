// Rung: device. Every op x case x admissible kernel against its CPU twin; bytes around the tensors must survive.

import { describe, expect, it } from 'vitest';
import { checkKernel } from '../../src/gpu/check_kernel.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import * as ops from '../../src/ops/index.ts';
import { admissible, caseTypes, type Op } from '../../src/ops/op.ts';
import { testGpu } from '../support/gpu.ts';

describe('[device] kernels against their CPU twins', async () => {
  const gpu = await testGpu();
  const pipelines = new PipelineCache(gpu);

  for (const op of Object.values(ops) as readonly Op[]) {
    describe(op.name, () => {
      for (const given of op.cases) {
        it(given.name, async () => {
          const attrs = given.attrs ?? {};
          for (const variant of admissible(op, caseTypes(op, given), attrs, gpu.caps)) {
            const report = await checkKernel(gpu, pipelines, op, given, variant);
            expect(report.faults, report.kernel).toEqual([]);
          }
        });
      }
    });
  }
});
