// `npm run bench -- ops [stem] [--all] [--beside file]`: every case of every op that is marked for timing, by the kernel that would run it
// here, or by all admissible ones (a software driver may take minutes to compile a kernel that is not meant for it); beside what an earlier
// run printed, where that is given.
// One sample is a submit of as many dispatches as take about 50 ms; times are wall clock for one dispatch. Inputs are seeded.
//
// The last column holds the best time against a roofline measured in the same run (src/gpu/rates.ts): no dispatch can be faster than its
// multiply-adds (`fma`), its bytes out of a working set of about its size (`mem`), or a dispatch that does nothing (`launch`). The largest
// of the three bounds it. Bytes are those of all its tensors, so an op that reads a few rows of one may seem faster than `mem`.

import { parseArgs } from 'node:util';
import { ratesText } from '../src/cli/rates_text.ts';
import { openGpu } from '../src/gpu/device.ts';
import { PipelineCache } from '../src/gpu/pipelines.ts';
import { measureRates, type Rates, tightestBound } from '../src/gpu/rates.ts';
import type { Sampling } from '../src/gpu/samples.ts';
import { timeKernel } from '../src/gpu/time_kernel.ts';
import { kernelStem } from '../src/graph/program.ts';
import * as ops from '../src/ops/index.ts';
import { admissible, byteLength, caseTypes, type Op } from '../src/ops/op.ts';
import { caseKey, readEarlier } from './earlier_ops.ts';
import { commandOf, printHeader } from './header.ts';
import { spread } from './report/spread.ts';

const SAMPLING: Sampling = { sampleSeconds: 0.05, budgetSeconds: 0.5, fewest: 5 };

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { all: { type: 'boolean', default: false }, beside: { type: 'string' } },
  });
  const [stem = ''] = positionals;
  const earlier = values.beside === undefined ? undefined : readEarlier(values.beside);
  const gpu = await openGpu();
  const pipelines = new PipelineCache(gpu);
  printHeader(commandOf('ops', args), gpu.name);
  const rates = await measureRates(gpu);
  for (const line of ratesText(rates)) console.log(`# ${line}`);
  console.log(
    `${'kernel'.padEnd(26)} ${'case'.padEnd(34)} ${'min ms'.padStart(9)} ${'median'.padStart(9)} ${'GFLOP/s'.padStart(8)} ${'GB/s'.padStart(7)}  of bound${earlier ? '    earlier ms  x' : ''}`,
  );
  for (const op of Object.values(ops) as readonly Op[]) {
    for (const given of op.cases.filter((c) => c.bench)) {
      const attrs = given.attrs ?? {};
      const types = caseTypes(op, given);
      const variants = admissible(op, types, attrs, gpu.caps);
      for (const variant of values.all ? variants : variants.slice(0, 1)) {
        if (!kernelStem(op, variant).startsWith(stem)) continue;
        const { samples } = await timeKernel(gpu, pipelines, op, given, variant, SAMPLING);
        const bytes = Object.values(types).reduce((sum, type) => sum + byteLength(type), 0);
        const kernel = kernelStem(op, variant);
        const work = { flops: op.flops?.(types, attrs) ?? 0, bytes };
        printRow(kernel, given.name, samples, work, rates, earlier?.get(caseKey(kernel, given.name)));
      }
    }
  }
}

interface Work {
  readonly flops: number;
  readonly bytes: number;
}

function printRow(
  kernel: string,
  name: string,
  seconds: readonly number[],
  work: Work,
  rates: Rates,
  earlier: number | undefined,
): void {
  const { min, median } = spread(seconds);
  const rate = (amount: number, width: number) => (amount > 0 ? (amount / min / 1e9).toFixed(2) : '-').padStart(width);
  const times = [min, median].map((s) => (s * 1000).toFixed(3).padStart(9)).join(' ');
  const [bound, least] = tightestBound(work, rates);
  const share = `${((100 * least) / min).toFixed(0).padStart(4)} % ${bound.padEnd(6)}`;
  const beside =
    earlier === undefined ? '' : ` ${earlier.toFixed(3).padStart(11)} ${(earlier / min / 1000).toFixed(2)}`;
  console.log(
    `${kernel.padEnd(26)} ${name.padEnd(34)} ${times} ${rate(work.flops, 8)} ${rate(work.bytes, 7)}  ${share}${beside}`.trimEnd(),
  );
}
