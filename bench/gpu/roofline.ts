// The adapter's rates, and the ops that take most of a model's time against them: no dispatch can be faster than its multiply-adds, its
// bytes, or a dispatch that does nothing.

import { ratesText } from '../../src/cli/rates_text.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { measureRates, type Rates, tightestBound } from '../../src/gpu/rates.ts';
import type { Sampling } from '../../src/gpu/samples.ts';
import { timeKernel } from '../../src/gpu/time_kernel.ts';
import { kernelStem } from '../../src/graph/program.ts';
import { attention } from '../../src/ops/attention.ts';
import { linear } from '../../src/ops/linear.ts';
import {
  admissible,
  byteLength,
  type Case,
  caseTypes,
  type DType,
  type Op,
  type TensorType,
} from '../../src/ops/op.ts';
import { weightTypes } from '../../src/ops/weights.ts';
import { freeTiles } from '../../src/whisper/free_tiles.ts';
import { graphOptions } from '../../src/whisper/graph_options.ts';
import { vocabRows } from '../../src/whisper/model_weights.ts';
import type { Devices } from './devices.ts';
import type { Measured, Part, Task } from './schedule.ts';
import type { Shapes } from './shapes.ts';

const SAMPLING: Sampling = { sampleSeconds: 0.008, budgetSeconds: 0.25, fewest: 5 };

/** The rates once they are measured. */
export interface Measurements {
  rates?: Rates;
}

export function rates(devices: Devices, measured: Measurements, seconds: number): Part {
  const run = async (): Promise<Measured> => {
    const found = await measureRates(await devices.plain());
    measured.rates = found;
    const { flopsF32, flopsF16 = 0, opsDot4, read, bytesPerSecondCopied, secondsPerDispatch, secondsPerSubmit } = found;
    const cells = {
      'f32 GFLOP/s': flopsF32 / 1e9,
      'f16 GFLOP/s': flopsF16 / 1e9,
      'dot4 Gop/s': opsDot4 / 1e9,
      'read GB/s': read.map(({ bytesPerSecond }) => (bytesPerSecond / 1e9).toPrecision(4)).join(' '),
      'copy GB/s': bytesPerSecondCopied / 1e9,
      'dispatch us': secondsPerDispatch * 1e6,
      'submit us': secondsPerSubmit * 1e6,
      'read-back us': found.secondsPerReadback * 1e6,
      subgroup: found.subgroupSize,
    };
    return { cells, lines: ratesText(found) };
  };
  const columns = ['f32 GFLOP/s', 'f16 GFLOP/s', 'dot4 Gop/s', 'read GB/s', 'copy GB/s', 'dispatch us', 'submit us'];
  const all = [...columns, 'read-back us', 'subgroup'];
  return { title: 'Rates', seconds, columns: all, notes: [], tasks: [{ name: 'the adapter', run }] };
}

export function roofline(devices: Devices, shapes: Shapes, measured: Measurements, seconds: number): Part {
  const tasks = shapes.opsOf.flatMap((model) =>
    opCases(shapes, model).flatMap(([op, given]): Task[] => {
      const time = (variant?: string) => () => timeCase(devices, op, given, measured.rates, variant);
      const name = `${model} ${given.name}`;
      const onMatrixUnits = { name: `${name}, matrix units`, run: time('matrix') };
      return [{ name, run: time() }, ...(name.includes('GEMM') ? [onMatrixUnits] : [])];
    }),
  );
  return {
    title: 'Ops against the roofline',
    seconds,
    columns: ['kernel', 'shape', 'ms', 'GFLOP/s', 'GB/s', '% of bound', 'bound'],
    notes: [
      'The kernel that the engine would take, random values, the least of several samples. `fma`: its multiply-adds at the f32 rate; ' +
        '`mem`: its tensors once out of a working set of about that size, since the same ones are read again and again; `launch`: an empty dispatch.',
    ],
    tasks,
  };
}

/** The ops of a model where its time goes, in each format that they come in. */
function opCases({ models }: Shapes, model: string): [Op, Case<string, object>][] {
  const dims = models[model]!;
  const { tileRows, queryRows } = freeTiles(dims, graphOptions(dims));
  const d = dims.n_audio_state;
  const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
  const kv: TensorType = { dtype: 'f16', shape: [dims.n_audio_ctx, d] };
  const product = (name: string, dtype: DType, m: number, n: number, attrs = {}): [Op, Case<string, object>] => [
    linear as Op,
    { name: `${name} ${dtype}`, attrs, types: { x: f32(m, d), ...weightTypes(dtype, n, d), bias: f32(n) } },
  ];
  return [
    ...(['i8', 'f16', 'i4'] as const).flatMap((dtype) => [
      product('encoder GEMM', dtype, tileRows, 4 * d, { gelu: true }),
      product('decode GEMV', dtype, 1, 4 * d, { gelu: true }),
      product('logits', dtype, 1, vocabRows(dims)),
    ]),
    [attention as Op, { name: 'encoder attention f16', types: { q: f32(queryRows, d), k: kv, v: kv } }],
  ];
}

/** The kernel the engine would take, or another by its variant's name. */
async function timeCase(
  devices: Devices,
  op: Op,
  given: Case<string, object>,
  rates: Rates | undefined,
  name?: string,
): Promise<Measured> {
  const gpu = await devices.plain();
  const attrs = given.attrs ?? {};
  const types = caseTypes(op, given);
  const kernels = admissible(op, types, attrs, gpu.caps);
  const variant = name === undefined ? kernels[0] : kernels.find((each) => each.name === name);
  if (!variant) return { cells: {}, missed: `no ${name} kernel for this adapter` };
  const { samples } = await timeKernel(gpu, new PipelineCache(gpu), op, given, variant, SAMPLING);
  const seconds = Math.min(...samples);
  const work = {
    flops: op.flops?.(types, attrs) ?? 0,
    bytes: Object.values(types).reduce((sum, type) => sum + byteLength(type), 0),
  };
  const [bound, least] = rates ? tightestBound(work, rates) : ['rates were not measured', Number.NaN];
  return {
    cells: {
      kernel: kernelStem(op, variant),
      shape: shapeOf(types),
      ms: seconds * 1e3,
      'GFLOP/s': work.flops / seconds / 1e9,
      'GB/s': work.bytes / seconds / 1e9,
      ...(rates && { '% of bound': (100 * least) / seconds }),
      bound,
    },
  };
}

/** `300 x 5120 x 1280` of a product, `150 x 1500 x 1280` of attention. */
function shapeOf({ x, w, q, k }: Readonly<Record<string, TensorType>>): string {
  return (x && w ? [x.shape[0], w.shape[0], w.shape[1]] : [q!.shape[0], ...k!.shape]).join(' x ');
}
