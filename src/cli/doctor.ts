// `whisper-wgsl doctor`: what the machine offers, how fast it is, and whether every kernel computes what its CPU twin computes.

import { Command } from 'commander';
import { checkKernel } from '../gpu/check_kernel.ts';
import { type Gpu, openGpu } from '../gpu/device.ts';
import { PipelineCache } from '../gpu/pipelines.ts';
import { measureRates, type Rates } from '../gpu/rates.ts';
import * as ops from '../ops/index.ts';
import { admissible, caseTypes, type Op } from '../ops/op.ts';
import { EXIT, type Io } from './io.ts';
import { ratesText } from './rates_text.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'minStorageBufferOffsetAlignment',
] as const;

export function doctorCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('doctor')
    .description('Check the GPU: adapter, limits, rates, and every kernel against its CPU twin.')
    .option('--adapter <name>', 'part of the name of the GPU to check')
    .action(async ({ adapter }: { adapter?: string }) => exit(await examine(adapter, io)));
}

async function examine(adapter: string | undefined, io: Io): Promise<number> {
  const print = (line: string) => io.stdout.write(`${line}\n`);
  const gpu = await openGpu({ adapter, robustness: true });
  try {
    print(`adapter   ${gpu.name} (${gpu.kind}${gpu.caps.cpu ? ', computes on the CPU' : ''})`);
    print(`subgroups ${gpu.caps.subgroupSize || (gpu.caps.subgroups ? 'of varying size' : 'none')}`);
    print(`matrix    ${gpu.caps.matrix ? 'units of 16 x 16 x 16, f16 into f32' : 'no units that kernels use'}`);
    print(`features  ${[...gpu.device.features].sort().join(' ')}`);
    for (const name of LIMITS) print(`limit     ${name} ${gpu.device.limits[name]}`);
    for (const line of ratesText(await engineRates(adapter))) print(line);
    const failures = await checkAll(gpu, print, io.signal);
    print(
      failures === 0
        ? 'verdict   every kernel agrees with its CPU twin'
        : `verdict   ${failures} kernels are WRONG here`,
    );
    return failures === 0 ? 0 : EXIT.failure;
  } finally {
    await gpu.close();
  }
}

/** On a device as the engine opens it: without bounds checks. */
async function engineRates(adapter: string | undefined): Promise<Rates> {
  const gpu = await openGpu({ adapter });
  try {
    return await measureRates(gpu);
  } finally {
    await gpu.close();
  }
}

/** One line a kernel: its worst case, as a fraction of the tolerance. Returns how many failed. */
async function checkAll(gpu: Gpu, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const pipelines = new PipelineCache(gpu);
  const worst = new Map<string, { ratio: number; cases: number; faults: readonly string[] }>();
  for (const op of Object.values(ops) as readonly Op[]) {
    for (const given of op.cases) {
      const attrs = given.attrs ?? {};
      for (const variant of admissible(op, caseTypes(op, given), attrs, gpu.caps)) {
        signal.throwIfAborted();
        const { kernel, worst: ratio, faults } = await checkKernel(gpu, pipelines, op, given, variant);
        const known = worst.get(kernel) ?? { ratio: 0, cases: 0, faults: [] };
        worst.set(kernel, {
          ratio: Math.max(known.ratio, ratio),
          cases: known.cases + 1,
          faults: [...known.faults, ...faults.map((fault) => `${given.name}: ${fault}`)],
        });
      }
    }
  }
  let failures = 0;
  for (const [kernel, { ratio, cases, faults }] of worst) {
    print(
      `${faults.length > 0 ? 'WRONG' : 'ok   '}     ${kernel.padEnd(26)} ${cases} cases, worst error ${(100 * ratio).toFixed(1)} % of its tolerance`,
    );
    for (const fault of faults) print(`            ${fault}`);
    if (faults.length > 0) failures += 1;
  }
  return failures;
}
