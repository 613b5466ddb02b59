// Rung: null. Every kernel of every op compiles, and its bindings and params agree with the op, on Dawn's backend that computes nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedKernels } from '../../kernels/generate/main.ts';
import { caseGraph } from '../../src/gpu/check_kernel.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { ANY_SIZE } from '../../src/graph/images.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile, kernelStem } from '../../src/graph/program.ts';
import * as ops from '../../src/ops/index.ts';
import { type Caps, caseTypes, type Op, type Variant } from '../../src/ops/op.ts';

const registry = Object.values(ops) as readonly Op[];

/** A device with subgroups of one size or of several, and matrix units, on which a variant takes these shapes; none if there is no such. */
function runningCaps(op: Op, given: Op['cases'][number], variant: Variant, caps: Caps): Caps | undefined {
  const attrs = given.attrs ?? {};
  const types = caseTypes(op, given);
  const devices = [8, 4, 32, 0].map((subgroupSize) => ({ ...caps, subgroupSize, matrix: true }));
  return devices.find((device) => variant.runs?.(types, attrs, device) ?? true);
}

describe('[null] kernels', async () => {
  const gpu = await openGpu({ adapter: 'null' });
  const pipelines = new PipelineCache(gpu);

  for (const op of registry) {
    it(`${op.name}: every variant compiles for every case it runs`, async () => {
      const compiled = new Set<string>();
      for (const given of op.cases) {
        for (const variant of op.variants) {
          const caps = runningCaps(op, given, variant, gpu.caps);
          if (!caps) continue;
          compiled.add(variant.name);
          const graph = caseGraph(op, given, variant);
          for (const images of given.types['w']?.dtype === 'f16' ? [undefined, ANY_SIZE] : [undefined]) {
            const program = compile(graph, separateLayout(graph, 0, images), caps, { choose: () => variant });
            const executor = await GpuExecutor.create(gpu, graph, program, { pipelines });
            await executor.run('case');
            await executor.destroy();
          }
        }
      }
      expect([...compiled].sort()).toEqual(op.variants.map(({ name }) => name).sort());
    });
  }

  it('no WGSL file is without an op, and no op without its file', () => {
    const stems = registry.flatMap((op) => op.variants.map((variant) => `${kernelStem(op, variant)}.wgsl`));
    const files = readdirSync(new URL('../../kernels/', import.meta.url)).filter((f) => f.endsWith('.wgsl'));
    expect(files.sort()).toEqual(stems.sort());
  });

  it('generated kernels are what their generators write', () => {
    for (const [file, text] of Object.entries(generatedKernels())) {
      expect(readFileSync(new URL(`../../kernels/${file}`, import.meta.url), 'utf8'), file).toBe(text);
    }
  });

  it('the null backend is not taken for a device', () => {
    expect(gpu.kind).toBe('null');
  });
});
