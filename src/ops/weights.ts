// Rules common to the ops that take a weight matrix `w` in any stored format.

import { BLOCK } from './math.ts';
import { type DType, expect, type Shapes, type TensorType } from './op.ts';

/** Formats in which a weight matrix may be stored: of what K is a multiple, so that rows are whole vec4s, and whether scales lie beside. */
export const WEIGHT_FORMATS: Readonly<Partial<Record<DType, { readonly scaled: boolean; readonly columns: number }>>> =
  {
    f32: { scaled: false, columns: 16 },
    f16: { scaled: false, columns: 16 },
    i8: { scaled: true, columns: BLOCK },
    i6: { scaled: true, columns: 2 * BLOCK },
    i4: { scaled: true, columns: BLOCK },
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
  expect(k % format.columns === 0, op, `rows of w a multiple of ${format.columns} long`, types);
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
