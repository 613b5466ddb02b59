// Rung: pure. What kernels learn of the adapter by declaring overrides.

import { expect, it } from 'vitest';
import { caseGraph } from '../../src/gpu/check_kernel.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile } from '../../src/graph/program.ts';
import { crossAttention } from '../../src/ops/index.ts';
import type { Caps, Op } from '../../src/ops/op.ts';

const op = crossAttention as unknown as Op;
const step = op.cases.find(({ name }) => name === 'f16 tiny decode step')!;
const GPU: Caps = {
  cpu: false,
  subgroupSize: 0,
  subgroups: true,
  matrix: false,
  maxInvocations: 256,
  maxWorkgroupStorage: 16384,
};

/** Constants of cross_attention's kernel `name` on such an adapter. */
function constants(name: string, caps: Partial<Caps>) {
  const variant = op.variants.find((v) => v.name === name)!;
  const graph = caseGraph(op, step, variant);
  const program = compile(graph, separateLayout(graph), { ...GPU, ...caps }, { choose: () => variant });
  return program.phases['case']![0]!.constants;
}

it('[pure] a kernel is told what it asks for, and keeps its default where there is no answer', () => {
  expect(constants('subgroup', { subgroupSize: 32 })).toEqual({ LANES: 32 });
  expect(constants('subgroup', { cpu: true, subgroupSize: 4 })).toEqual({ LANES: 4, SLOW_UNPACK: 1 });
  expect(constants('', {})).toEqual({});
});
