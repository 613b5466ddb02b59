// Rung: device. Every op x case x admissible kernel against its CPU twin; bytes around the tensors must survive.

import { describe, expect, it } from 'vitest';
import { checkKernel } from '../../src/gpu/check_kernel.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { ANY_SIZE, type ImageSizes } from '../../src/graph/images.ts';
import * as ops from '../../src/ops/index.ts';
import { admissible, type Case, caseTypes, type Op } from '../../src/ops/op.ts';
import { testGpu } from '../support/gpu.ts';

describe('[device] kernels against their CPU twins', async () => {
  const gpu = await testGpu();
  const pipelines = new PipelineCache(gpu);

  const check = async (op: Op, given: Case<string, object>, images?: ImageSizes) => {
    for (const variant of admissible(op, caseTypes(op, given), given.attrs ?? {}, gpu.caps)) {
      const report = await checkKernel(gpu, pipelines, op, given, variant, images);
      expect(report.faults, report.kernel).toEqual([]);
    }
  };
  for (const op of Object.values(ops) as readonly Op[]) {
    describe(op.name, () => {
      for (const given of op.cases) {
        it(given.name, () => check(op, given));
        if (given.types['w']?.dtype === 'f16') it(`${given.name}, w in an image`, () => check(op, given, ANY_SIZE));
      }
    });
  }
});
