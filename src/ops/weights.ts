// Rules common to the ops that take a weight matrix `w` in any stored format.

import { BLOCK } from './math.ts';
import { type DType, expect, type Shapes, type TensorType } from './op.ts';

/** Formats in which a weight matrix may be stored, and whether scales lie beside. */
export const WEIGHT_FORMATS: Readonly<Partial<Record<DType, { readonly scaled: boolean }>>> = {
  f32: { scaled: false },
  f16: { scaled: false },
  i8: { scaled: true },
};

/** Checks `w` [N, K] and, for block formats, `w_scale` [N, K / 32]; returns [N, K]. */
export function expectWeights(op: string, types: Shapes<'w', 'w_scale'>): readonly [number, number] {
  const { w, w_scale } = types;
  const format = WEIGHT_FORMATS[w.dtype];
  expect(
    format !== undefined && w.shape.length === 2,
    op,
    `w as a matrix of ${Object.keys(WEIGHT_FORMATS).join(', ')}`,
    types,
  );
  const [n, k] = w.shape as readonly [number, number];
  if (format.scaled) {
    const fits = w_scale?.dtype === 'f16' && w_scale.shape[0] === n && w_scale.shape[1] === k / BLOCK;
    expect(fits, op, `w_scale f16[${n}, ${k / BLOCK}] beside w`, types);
  } else {
    expect(w_scale === undefined, op, `no w_scale, since ${w.dtype} has none`, types);
  }
  return [n, k];
}

/** A weight matrix and its scales, as a case of an op's tests. */
export function weightTypes(dtype: DType, n: number, k: number): Partial<Record<'w' | 'w_scale', TensorType>> {
  const w: TensorType = { dtype, shape: [n, k] };
  return WEIGHT_FORMATS[dtype]?.scaled ? { w, w_scale: { dtype: 'f16', shape: [n, k / BLOCK] } } : { w };
}
