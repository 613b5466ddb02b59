// Rung: device. What formats of weights do to a whole model: the error each brings, that a converted file computes what quantising at load
// computes, and that mixtures load by rules, from the command line on.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { openModel } from '../../src/formats/detect.ts';
import { expectedShape } from '../../src/formats/dims.ts';
import { bytesPerWeight } from '../../src/formats/quantize.ts';
import { weightBytes } from '../../src/graph/program.ts';
import { elements } from '../../src/ops/op.ts';
import { WhisperEngine } from '../../src/whisper/engine.ts';
import { weightMatrices } from '../../src/whisper/fused_weights.ts';
import type { GraphOptions } from '../../src/whisper/graph_options.ts';
import { windowSamples } from '../../src/whisper/model.ts';
import { vocabRows } from '../../src/whisper/model_weights.ts';
import { weightChoice } from '../../src/whisper/stored_weights.ts';
import { parseWeightRule } from '../../src/whisper/weight_rules.ts';
import { testGpu } from '../support/gpu.ts';
import { chirp, TINY_DIMS, writeTinyModel } from '../support/tiny_whisper.ts';

/** Elements of all weight matrices, and of the rows of zeros after the embedding. */
const padding = (vocabRows(TINY_DIMS) - TINY_DIMS.n_vocab) * TINY_DIMS.n_text_state;
const MATRIX_ELEMENTS = weightMatrices(TINY_DIMS)
  .flat()
  .reduce((sum, name) => sum + elements({ dtype: 'f16', shape: expectedShape(name, TINY_DIMS) }), padding);

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-weights-'));
const source = join(folder, 'source');
beforeAll(() => writeTinyModel(source));
afterAll(() => rmSync(folder, { recursive: true }));

/** Encoder output and logits after a prompt. */
async function forward(path: string, given: Partial<Pick<GraphOptions, 'weights' | 'weightRules'>>) {
  const model = await openModel(path);
  const options = { ...weightChoice(model, given), cache: 'f32', keepFeatures: true } as const;
  const engine = await WhisperEngine.load(await testGpu(), model, options);
  try {
    await engine.resetMel();
    await engine.mel(chirp(windowSamples(TINY_DIMS)));
    await engine.encode(100);
    const features = new Float32Array((await engine.executor.read('features')).buffer);
    await engine.prefill([50257, 50362, 11, 22, 33], 0);
    const logits = await engine.logits(0, TINY_DIMS.n_vocab);
    return { features, logits, weightBytes: weightBytes(engine.program.buffers) };
  } finally {
    await engine.dispose();
  }
}

/** Squared error over squared value. */
function nmse(got: Float32Array, want: Float32Array): number {
  const square = (sum: number, x: number) => sum + x * x;
  return got.map((x, i) => x - want[i]!).reduce(square, 0) / want.reduce(square, 0);
}

async function cli(...args: readonly string[]): Promise<number> {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), stdin: Readable.from([]) };
  return run(args, { ...io, signal: new AbortController().signal });
}

describe('[device] formats of weights, small model', () => {
  let exact: Awaited<ReturnType<typeof forward>>;
  beforeAll(async () => {
    exact = await forward(source, { weights: 'f16' }); // as the file has them
  });

  it('f32: what f16 computes', async () => {
    const { features, logits } = await forward(source, { weights: 'f32' });
    for (const error of [nmse(features, exact.features), nmse(logits, exact.logits)]) expect(error).toBeLessThan(1e-10);
  });

  const levels = { int8: 127, int6: 32, int4: 8 } as const;
  for (const [weights, h] of Object.entries(levels) as ['int8' | 'int6' | 'int4', number][]) {
    it(`${weights}: the error of its levels, the bytes of its codes`, async () => {
      const got = await forward(source, { weights });
      // Rounding one of 2h levels costs uniform weights 1 / 4h^2 of their square; the model's products in a row add up to 4 to 10 times that.
      const rounding = 1 / (4 * h * h);
      for (const error of [nmse(got.features, exact.features), nmse(got.logits, exact.logits)]) {
        expect(error).toBeGreaterThan(rounding);
        expect(error).toBeLessThan(20 * rounding);
      }
      const saved = (exact.weightBytes - got.weightBytes) / (MATRIX_ELEMENTS * (2 - bytesPerWeight(weights)));
      expect(saved).toBeCloseTo(1, 2);
    });
  }

  const mixture = ['decoder.token_embedding.weight=int8', '*.mlp.*=int6', 'encoder.blocks.0.attn.out.*=f16'];
  const conversions: readonly (readonly [string, 'int6' | 'int4', readonly string[]])[] = [
    ['int6', 'int6', []],
    ['int4', 'int4', []],
    ['a mixture', 'int4', mixture],
  ];
  for (const [name, weights, rules] of conversions) {
    it(`${name}: a converted file computes what quantising at load computes, to the bit`, async () => {
      const to = join(folder, name);
      expect(await cli('convert', source, '--weights', weights, ...rules.flatMap((r) => ['--rule', r]), '-o', to)).toBe(
        0,
      );
      expect(await forward(to, {})).toEqual(
        await forward(source, { weights, weightRules: rules.map(parseWeightRule) }),
      );
    });
  }

  it('the command line refuses rules that it cannot read or use', async () => {
    const to = join(folder, 'refused');
    for (const rule of ['int8', 'decoder.*=int3', 'decoder.nothing=int8', '*=f32']) {
      expect(await cli('convert', source, '--rule', rule, '-o', to), rule).toBe(2);
    }
  });
});
