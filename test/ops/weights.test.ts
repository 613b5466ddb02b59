// Rung: pure. Weight matrices as ops take them: which types and shapes, and codes of every format as bytes and numbers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphError } from '../../src/errors.ts';
import { dequantizeRows, quantizeRows } from '../../src/formats/quantize.ts';
import { decodeTensor, encodeTensor, hostTensor } from '../../src/ops/host_tensor.ts';
import { linear, linearI8 } from '../../src/ops/index.ts';
import { widenWeights } from '../../src/ops/math.ts';
import { uniform } from '../../src/ops/random.ts';
import { weightTypes } from '../../src/ops/weights.ts';

const FORMATS = { i8: 'int8', i6: 'int6', i4: 'int4' } as const;
const RANGE = { i8: [-127, 127], i6: [-32, 31], i4: [-8, 7] } as const;

describe.each(['i8', 'i6', 'i4'] as const)('[pure] %s weights', (dtype) => {
  it('any codes survive the way to bytes and back', () => {
    const [min, max] = RANGE[dtype];
    fc.assert(
      fc.property(fc.array(fc.integer({ min, max }), { minLength: 192, maxLength: 192 }), (codes) => {
        const tensor = hostTensor({ dtype, shape: [3, 64] }, codes);
        expect([...decodeTensor(tensor, encodeTensor(tensor)).data]).toEqual(codes);
      }),
    );
  });

  it('are to a twin what quantised rows stand for', () => {
    const next = uniform(3);
    const rows = Float32Array.from({ length: 5 * 128 }, () => next() - 0.5);
    const quantized = quantizeRows(FORMATS[dtype], rows, 128);
    const w = decodeTensor({ dtype, shape: [5, 128] }, quantized.codes);
    const scale = decodeTensor({ dtype: 'f16', shape: [5, 4] }, new Uint8Array(quantized.scales.buffer));
    expect([...widenWeights(w, scale)]).toEqual([...dequantizeRows(FORMATS[dtype], quantized, 128)]);
  });
});

describe('[pure] types of weights', () => {
  const infer = (w: ReturnType<typeof weightTypes>, k: number) =>
    linear.infer({ x: { dtype: 'f32', shape: [2, k] }, ...w } as Parameters<typeof linear.infer>[0], {});

  it('int6 rows are a multiple of 64 long, the others of 32', () => {
    expect(infer(weightTypes('i6', 32, 192), 192).y.shape).toEqual([2, 32]);
    expect(infer(weightTypes('i4', 32, 96), 96).y.shape).toEqual([2, 32]);
    expect(() => infer(weightTypes('i6', 32, 96), 96)).toThrow(GraphError);
    expect(() => infer(weightTypes('i6', 32, 96), 96)).toThrow(/multiple of 64/);
  });

  it('codes need scales, and floats have none', () => {
    const { w } = weightTypes('i4', 32, 64);
    expect(() => infer({ w }, 64)).toThrow(/w_scale f16\[32, 2\]/);
    expect(() => infer({ ...weightTypes('i4', 32, 64), w: { dtype: 'f16', shape: [32, 64] } }, 64)).toThrow(
      /f16 has none/,
    );
    expect(() => infer({ w: { dtype: 'u32', shape: [32, 64] } }, 64)).toThrow(/i6, i4/);
  });

  it('W8A8 takes int8 only', () => {
    const x = { x: { dtype: 'i8', shape: [2, 64] }, x_scale: { dtype: 'f32', shape: [2, 2] } } as const;
    const types = (dtype: 'i8' | 'i4') =>
      ({ ...x, ...weightTypes(dtype, 32, 64) }) as Parameters<typeof linearI8.infer>[0];
    expect(linearI8.infer(types('i8'), {}).y.shape).toEqual([2, 32]);
    expect(() => linearI8.infer(types('i4'), {})).toThrow(GraphError);
  });
});
