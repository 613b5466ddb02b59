// The adapter's rates, and the ops that take most of a model's time against them: no dispatch can be faster than its multiply-adds, its
// bytes, or a dispatch that does nothing.

import { ratesText } from '../../src/cli/rates_text.ts';
import { caseGraph } from '../../src/gpu/check_kernel.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { measureRates, type Rates, readRateOf } from '../../src/gpu/rates.ts';
import { Stopwatch } from '../../src/gpu/stopwatch.ts';
import { encode } from '../../src/gpu/submitter.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { compile, kernelStem } from '../../src/graph/program.ts';
import { attention } from '../../src/ops/attention.ts';
import { linear } from '../../src/ops/linear.ts';
import { admissible, byteLength, type Case, type DType, type Op, type TensorType } from '../../src/ops/op.ts';
import { weightTypes } from '../../src/ops/weights.ts';
import { vocabRows } from '../../src/whisper/model_weights.ts';
import type { Devices } from './devices.ts';
import { type Kind, randomBytes, weightSpread } from './random_bytes.ts';
import type { Measured, Part, Task } from './schedule.ts';
import type { Shapes } from './shapes.ts';

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
    opCases(shapes, model).map(([op, given]): Task => {
      return { name: `${model} ${given.name}`, run: () => timeCase(devices, op, given, measured.rates) };
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
function opCases({ models, tileRows, queryRows }: Shapes, model: string): [Op, Case<string, object>][] {
  const dims = models[model]!;
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

async function timeCase(devices: Devices, op: Op, given: Case<string, object>, rates?: Rates): Promise<Measured> {
  const gpu = await devices.plain();
  const attrs = given.attrs ?? {};
  const inputs = given.types as Record<string, TensorType>;
  const types = { ...inputs, ...op.infer(inputs, attrs) };
  const [variant] = admissible(op, types, attrs, gpu.caps);
  const graph = caseGraph(op, given, variant!);
  const program = compile(graph, separateLayout(graph), gpu.caps);
  const executor = await GpuExecutor.create(gpu, graph, program);
  try {
    for (const [name, type] of Object.entries(inputs)) {
      await executor.write(name, randomBytes(kindOf(name, type, inputs), byteLength(type), 0, spreadOf(name, type)));
    }
    const seconds = await secondsPerDispatch(gpu, executor);
    const work = {
      flops: op.flops?.(types, attrs) ?? 0,
      bytes: Object.values(types).reduce((sum, type) => sum + byteLength(type), 0),
    };
    const [bound, least] = rates ? tightestBound(work, rates) : ['rates were not measured', Number.NaN];
    return {
      cells: {
        kernel: kernelStem(op, variant!),
        shape: shapeOf(types),
        ms: seconds * 1e3,
        'GFLOP/s': work.flops / seconds / 1e9,
        'GB/s': work.bytes / seconds / 1e9,
        ...(rates && { '% of bound': (100 * least) / seconds }),
        bound,
      },
    };
  } finally {
    await executor.destroy();
  }
}

function kindOf(name: string, { dtype }: TensorType, { w }: Record<string, TensorType>): Kind {
  if (name === 'w_scale') return w!.dtype === 'i8' ? 'scales8' : 'scales4';
  return ({ i8: 'int8', i4: 'int4', f16: 'f16' } as const)[dtype as string] ?? 'f32';
}

const spreadOf = (name: string, { shape }: TensorType) =>
  name === 'w' ? weightSpread(shape[1]!) : name === 'w_scale' ? weightSpread(32 * shape[1]!) : 1;

/** `300 x 5120 x 1280` of a product, `150 x 1500 x 1280` of attention. */
function shapeOf({ x, w, q, k }: Readonly<Record<string, TensorType>>): string {
  return (x && w ? [x.shape[0], w.shape[0], w.shape[1]] : [q!.shape[0], ...k!.shape]).join(' x ');
}

/** Command buffers are made before the clock starts. */
async function secondsPerDispatch(gpu: Gpu, executor: GpuExecutor): Promise<number> {
  const watch = new Stopwatch(gpu);
  try {
    const [bound] = executor.dispatches('case');
    return await watch.perRound((encoder, rounds) => {
      const pass = encoder.beginComputePass();
      for (let i = 0; i < rounds; i++) encode(pass, bound!);
      pass.end();
    });
  } finally {
    watch.free();
  }
}

/** Which bound asks for most seconds, and how many. */
export function tightestBound(
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
  rates: Pick<Rates, 'secondsPerDispatch' | 'flopsF32' | 'read'>,
): readonly [bound: string, seconds: number] {
  const bounds = [
    ['launch', rates.secondsPerDispatch],
    ['fma', flops / rates.flopsF32],
    ['mem', bytes / readRateOf(rates, bytes)],
  ] as const;
  return bounds.reduce((most, bound) => (bound[1] > most[1] ? bound : most));
}
