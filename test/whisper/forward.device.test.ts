// Rung: device. The whole forward pass on the device against the same program on the CPU twins, in the planned arena, for a tiny model.

import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { CpuExecutor } from '../../src/graph/cpu_executor.ts';
import { ANY_SIZE, type ImageSizes } from '../../src/graph/images.ts';
import { compile } from '../../src/graph/program.ts';
import { packRules, packSuppressed } from '../../src/ops/decoding_tables.ts';
import type { Caps } from '../../src/ops/op.ts';
import { packRows } from '../../src/ops/rows.ts';
import type { GraphOptions } from '../../src/whisper/graph_options.ts';
import { whisperGraph, windowSamples } from '../../src/whisper/model.ts';
import { testGpu } from '../support/gpu.ts';
import { chirp, randomWeights, TINY_DIMS } from '../support/tiny_whisper.ts';

const EOT = 50256;
const PROMPT = [50257, 50362, 11, 22, 33];
const STEPS = 3;

/** Where the two executors agree on an interface. */
interface Executor {
  write(tensor: string, data: Uint8Array): Promise<void> | void;
  run(phase: string): Promise<void> | void;
  read(tensor: string): Promise<Uint8Array> | Uint8Array;
}

const bytes = (data: Float32Array | Uint32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function forward(executor: Executor, weights: ReadonlyMap<string, Uint8Array>) {
  for (const [name, data] of weights) await executor.write(name, data);
  await executor.write('samples', bytes(chirp(windowSamples(TINY_DIMS))));
  await executor.write('mel_highest', bytes(new Float32Array([-10])));
  await executor.run('mel');
  await executor.write('content_frames', bytes(new Uint32Array([100])));
  await executor.run('encode');
  await executor.run('cross');
  const features = new Float32Array((await executor.read('features')).buffer);

  const ids = { eot: EOT, timestampBegin: 50363, noTimestamps: 50362, blank: 220 };
  const rules = packRules({
    ...ids,
    withTimestamps: true,
    suppressBlank: true,
    maxInitialTimestamp: 50413,
    temperature: 0,
    seed: 0,
  });
  await executor.write('rules', bytes(rules));
  await executor.write('suppressed', bytes(packSuppressed([1, 2, 7], TINY_DIMS.n_vocab)));
  await executor.write('cursor', new Uint8Array(32));
  // Two passes: rows of the second see the cache of the first.
  const rows = PROMPT.map((token, position) => ({ token, position, sequence: 0, first: 0 }));
  for (const run of [rows.slice(0, 3), rows.slice(3)]) {
    await executor.write('prompt_rows', bytes(packRows(run, 4)));
    await executor.write('last_rows', bytes(new Uint32Array([run.length - 1])));
    await executor.run('prefill');
  }
  await executor.run('probe');
  const logits = new Float32Array((await executor.read('probe.logits')).buffer).slice(0, TINY_DIMS.n_vocab);
  await executor.write(
    'step_rows',
    bytes(packRows([{ token: 0, position: PROMPT.length - 1, sequence: 0, first: 0 }])),
  );
  await executor.run('sample');
  for (let i = 0; i < STEPS; i++) await executor.run('step');
  const ring = new Uint32Array((await executor.read('ring')).buffer);
  const cursor = new Uint32Array((await executor.read('cursor')).buffer);
  return { features, logits, tokens: Array.from({ length: STEPS + 1 }, (_, i) => ring[2 * i]!), cursor };
}

const nameOf = (value: unknown) => (typeof value === 'object' ? 'mixed' : value);

function largestError(got: Float32Array, want: Float32Array): number {
  return got.reduce((worst, value, i) => Math.max(worst, Math.abs(value - want[i]!)), 0);
}

const MIXTURE: GraphOptions['weightRules'] = [
  { match: 'decoder.token_embedding.weight', weights: 'int8' },
  { match: '*.mlp.*', weights: 'int6' },
  { match: 'encoder.blocks.0.attn.out.weight', weights: 'f16' },
];

const variants: readonly Partial<GraphOptions>[] = [
  { weights: 'f32', cache: 'f32' },
  { weights: 'f16', cache: 'f16' },
  { weights: 'int8', cache: 'f16' },
  { weights: 'int8', cache: 'f16', arithmetic: 'w8a8' },
  { weights: 'int6', cache: 'f16' },
  { weights: 'int4', cache: 'f16', weightRules: MIXTURE },
  { weights: 'f32', cache: 'f32', cross: 'absorbed' },
  { weights: 'int8', cache: 'f16', cross: 'absorbed' },
  { weights: 'int8', cache: 'int8' },
  { weights: 'int8', cache: 'int8', cross: 'absorbed' },
  { weights: 'int8', cache: 'f16', tileRows: 60, queryRows: 60, crossRows: 60 },
];

describe('[device] forward pass of a tiny model', () => {
  async function check(
    options: Partial<GraphOptions>,
    capsOf = (caps: Caps) => caps,
    images?: ImageSizes,
  ): Promise<void> {
    const gpu = await testGpu();
    const sizes = { tileRows: 20, queryRows: 12, crossRows: 10, prefillRows: 4, crossSplits: 3, keepFeatures: true };
    const graph = whisperGraph(TINY_DIMS, { ...sizes, ...options });
    const { maxBufferSize } = gpu.device.limits;
    const program = compile(graph, planMemory(graph, { maxBufferSize, images }), capsOf(gpu.caps));
    const weights = randomWeights(graph);
    const cpu = new CpuExecutor(graph, program);
    cpu.fill('arena', 0xff);
    const want = await forward(cpu, weights);
    const device = await GpuExecutor.create(gpu, graph, program);
    const got = await forward(device, weights);
    await device.destroy();
    // A code of quantised activations may fall to either side of a border and is worth 1 / 127 of its block.
    const tolerance = options.arithmetic === 'w8a8' ? 0.05 : options.cache === 'f16' ? 5e-3 : 1e-3;
    expect(largestError(got.features, want.features)).toBeLessThan(tolerance);
    expect(largestError(got.logits, want.logits)).toBeLessThan(tolerance);
    expect(got.tokens).toEqual(want.tokens);
    expect(got.cursor[0]).toBe(STEPS + 1);
  }

  for (const options of variants) {
    it(`${Object.values(options).map(nameOf).join(', ')}: features, logits and tokens are the CPU twins'`, () =>
      check(options));
  }

  for (const cross of ['stored', 'absorbed'] as const) {
    it(`${cross}, by the kernels that GPUs take: the same`, () =>
      check({ weights: 'f16', cache: 'f16', cross }, (caps) => ({ ...caps, cpu: false })));

    it(`${cross}, weights in images: the same`, () =>
      check({ weights: 'f16', cache: 'f16', cross }, undefined, ANY_SIZE));
  }
});
