// linear: y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU, or added to what y holds. With norm_weight and norm_bias the rows of x are
// normalised first, as layer_norm does: for few rows.
//
// All of Whisper's matrix products, conv1d too: with `overlap` the rows of x overlap, so row t of a convolution of width 3 and stride s is
// the contiguous run of 3 * C floats from frame s * t on (frames are rows of C channels, with a row of zeros before and after).

import { hostTensor } from './host_tensor.ts';
import { layerNorm } from './layer_norm.ts';
import { gelu, widenWeights } from './math.ts';
import { type Caps, type Case, type DType, defineOp, elements, expect, type HostTensor, type Shapes } from './op.ts';
import { expectWeights, weightTypes } from './weights.ts';

/** Rows of K floats that lie `stride` floats apart, the first `begin` floats into x. Both are multiples of 4. */
export interface Overlap {
  readonly rows: number;
  readonly stride: number;
  readonly begin?: number;
}

export interface LinearAttrs {
  /** Apply Whisper's exact GELU. */
  readonly gelu?: boolean;
  /** Add to y instead of overwriting it (the residual stream). */
  readonly accumulate?: boolean;
  /** Default: x is [M, K]. */
  readonly overlap?: Overlap;
}

type Names = 'x' | 'w' | 'y';
type Optional = 'w_scale' | 'bias' | 'norm_weight' | 'norm_bias';
type Types = Shapes<Names, Optional>;

const size = ({ w, y }: Pick<Types, 'w' | 'y'>) => ({ m: elements(y) / w.shape[0]!, n: w.shape[0]!, k: w.shape[1]! });

/** From this many rows on it pays to load a weight for all of them; from more on, to hold weights and let the rows pass. */
const FEW = 3;
const MANY = 6;
/** Rows that linear.cpurows takes at a time. */
const TOGETHER = 5;
/** Rows that linear.vec takes at a time at most. */
const EACH = 8;
/** Rows of x that pass one set of held weights on a software adapter. */
const SHARE = 300;

/** Weights held by a subgroup of `lanes`, `block` along K at a time. For f32 64 at a time would take lavapipe half a minute to compile. */
const held = (lanes: number, block: number) => (types: Types, _: LinearAttrs, caps: Caps) =>
  !types.norm_weight &&
  caps.subgroupSize === lanes &&
  (lanes === 4 || block === 32 || types.w.dtype !== 'f32') &&
  size(types).n % (lanes * 4) === 0 &&
  size(types).k % block === 0;

const heldGroups = (lanes: number) => (types: Types) =>
  [size(types).n / (lanes * 4), Math.ceil(size(types).m / SHARE), 1] as const;

const manyOnCpu = (types: Types, _: LinearAttrs, caps: Caps) => caps.cpu && size(types).m >= MANY;

/** Workgroups that take so many columns in a turn. Few are faster, as each normalises the row anew, but all cores are to have work. */
function turnGroups(types: Types, columns: number) {
  const turns = size(types).n / columns;
  return Math.ceil(Math.min(turns, Math.max(turns / 32, types.norm_weight ? 16 : 64)));
}

/** Rows that linear.vec takes at a time: one where it normalises them. */
const rowsEach = (types: Types) => (types.norm_weight ? 1 : Math.min(size(types).m, EACH));

/** Workgroups of 64 x 64 of y. */
const blockGroups = (types: Types) => [Math.ceil(size(types).n / 64), Math.ceil(size(types).m / 64), 1] as const;

export const linear = defineOp({
  name: 'linear',
  inputs: ['x', 'w'],
  optional: ['w_scale', 'bias', 'norm_weight', 'norm_bias'],
  outputs: ['y'],

  infer(types, attrs: LinearAttrs) {
    const { overlap } = attrs;
    const { x, bias } = types;
    const [n, k] = expectWeights('linear', types);
    const m = overlap?.rows ?? elements(x) / k;
    const reach = overlap ? (m - 1) * overlap.stride + k : m * k;
    expect(
      x.dtype === 'f32' && Number.isInteger(m) && reach <= elements(x),
      'linear',
      `x f32 with rows of ${k}`,
      types,
    );
    expect(!overlap || overlap.stride % 4 === 0, 'linear', 'an overlap whose stride is a multiple of 4', types);
    expect(n % 32 === 0 && k % 32 === 0, 'linear', 'w with both sides multiples of 32', types);
    expect(!bias || (bias.dtype === 'f32' && elements(bias) === n), 'linear', `bias f32[${n}] or none`, types);
    const norm = [types.norm_weight, types.norm_bias].filter((vector) => vector !== undefined);
    const fits = norm.length === 2 && !overlap && norm.every((v) => v.dtype === 'f32' && elements(v) === k);
    expect(norm.length === 0 || fits, 'linear', `norm_weight and norm_bias f32[${k}] or neither, no overlap`, types);
    return { y: { dtype: 'f32', shape: [m, n] } };
  },

  updates: ({ accumulate }) => (accumulate ? ['y'] : []),

  params(types, { accumulate, gelu: geluLast, overlap }) {
    const { m, n, k } = size(types);
    return {
      ...{ m, n, k, x_begin: overlap?.begin ?? 0, x_stride: overlap?.stride ?? k },
      accumulate: accumulate ? 1 : 0,
      gelu: geluLast ? 1 : 0,
    };
  },

  reference({ x: given, w, w_scale, bias, norm_weight, norm_bias, y }, attrs) {
    const { m, n, k } = size({ w, y });
    const { begin = 0, stride = k } = attrs.overlap ?? {};
    const weights = widenWeights(w, w_scale);
    const x = norm_weight && norm_bias ? normalised(given, norm_weight, norm_bias) : given;
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = bias?.data[column] ?? 0;
        for (let i = 0; i < k; i++) sum += x.data[begin + row * stride + i]! * weights[column * k + i]!;
        if (attrs.gelu) sum = gelu(sum);
        y.data[row * n + column] = attrs.accumulate ? y.data[row * n + column]! + sum : sum;
      }
    }
  },

  // f32 sums of K products of magnitude up to 1, K <= 5120: plain running sums reach 0.5e-6 * sqrt(K).
  // Rows that are normalised have magnitudes about 2, and are 2e-6 off themselves.
  tolerance: ({ w, norm_weight }) => ({ abs: (norm_weight ? 3e-6 : 1e-6) * Math.sqrt(w.shape[1]!), rel: 2e-6 }),

  flops: (types) => 2 * size(types).m * size(types).n * size(types).k,

  cases: [
    ...(['f32', 'f16', 'i8', 'i6', 'i4'] as const).flatMap((dtype) => [
      linearCase(`${dtype} ragged`, dtype, 67, 96, 64),
      linearCase(`${dtype} one row`, dtype, 1, 160, 192),
      linearCase(`${dtype} accumulate`, dtype, 3, 32, 128, { accumulate: true }),
      linearCase(`${dtype} tiny encoder tile`, dtype, 300, 384, 384, {}, true),
      linearCase(`${dtype} tiny decode step`, dtype, 1, 1536, 384, {}, true),
    ]),
    // What does not turn on how weights are read.
    ...(['f32', 'f16', 'i8'] as const).flatMap((dtype) => [
      linearCase(`${dtype} gelu`, dtype, 9, 64, 128, { gelu: true }),
      linearCase(`${dtype} conv1d stride 2`, dtype, 13, 64, 192, { overlap: { rows: 13, stride: 128, begin: 64 } }),
      linearCase(`${dtype} tiny mlp`, dtype, 300, 1536, 384, { gelu: true }, true),
    ]),
    linearCase('i8 tiny logits', 'i8', 1, 51904, 384, {}, true),
    linearCase('i8 tiny logits, beams', 'i8', 5, 51904, 384, {}, true),
    linearCase('f16 beams', 'f16', 5, 1536, 384, {}, true),
    linearCase('i6 four rows', 'i6', 4, 192, 128, { accumulate: true }),
    ...(['f32', 'f16', 'i8'] as const).flatMap((dtype) => [
      linearCase(`${dtype} normalised`, dtype, 3, 1056, 64, { gelu: true }),
      linearCase(`${dtype} normalised tiny decode step`, dtype, 1, 1152, 384, {}, true),
    ]),
    linearCase('f32 no bias', 'f32', 5, 64, 64),
  ],

  variants: [
    {
      name: 'cpu8',
      runs: held(8, 64),
      suits: (t, a, c) => manyOnCpu(t, a, c) && t.w.dtype !== 'f32',
      workgroups: heldGroups(8),
    },
    { name: 'cpu8f32', runs: held(8, 32), suits: manyOnCpu, workgroups: heldGroups(8) },
    { name: 'cpu4', runs: held(4, 64), suits: manyOnCpu, workgroups: heldGroups(4) },
    {
      name: 'cpurows',
      runs: (types, _a, { subgroupSize }) =>
        subgroupSize >= 4 && size(types).n % (subgroupSize * 8) === 0 && !types.norm_weight,
      suits: (types, _a, caps) => caps.cpu && size(types).m >= FEW,
      workgroups: (types, _a, caps) => [
        turnGroups(types, caps.subgroupSize * 8),
        Math.ceil(size(types).m / TOGETHER),
        1,
      ],
    },
    {
      name: 'cpuvec',
      runs: (types, _a, { subgroupSize }) => subgroupSize >= 4 && size(types).n % (subgroupSize * 4) === 0,
      suits: (_t, _a, caps) => caps.cpu,
      workgroups: (types, _a, caps) => [turnGroups(types, caps.subgroupSize * 4), size(types).m, 1],
    },
    {
      // Nobody has measured it yet: `tune` takes it where it is right and faster.
      name: 'matrix',
      runs: (types, _a, { matrix, subgroupSize }) => matrix && subgroupSize === 32 && !types.norm_weight,
      suits: () => false,
      workgroups: blockGroups,
      constants: ({ w }) => ({ SPLIT_W: Number(w.dtype !== 'f16') }),
    },
    {
      name: 'vec',
      suits: (types) => types.norm_weight !== undefined || size(types).m <= 2 * EACH,
      // Rows side by side read the same weights, which are cached then.
      workgroups: (types) => [Math.ceil(size(types).m / rowsEach(types)), Math.ceil(size(types).n / 8), 1],
      constants: (types) => ({ ROWS: rowsEach(types) }),
    },
    {
      name: '',
      runs: (types) => !types.norm_weight,
      workgroups: blockGroups,
    },
  ],
});

function normalised(x: HostTensor, weight: HostTensor, bias: HostTensor): HostTensor {
  const y = hostTensor(x);
  layerNorm.reference({ x, weight, bias, y }, {});
  return y;
}

/** Floats of x up to the end of the last row. */
export function reach(rows: number, k: number, { begin = 0, stride = k }: Partial<Overlap> = {}): number {
  return begin + (rows - 1) * stride + k;
}

function linearCase(
  name: string,
  dtype: DType,
  m: number,
  n: number,
  k: number,
  attrs: LinearAttrs = {},
  bench = false,
): Case<Names | Optional, LinearAttrs> {
  const x = attrs.overlap ? [reach(m, k, attrs.overlap)] : [m, k];
  const bias = name.includes('no bias') ? {} : { bias: { dtype: 'f32', shape: [n] } as const };
  const vector = { dtype: 'f32', shape: [k] } as const;
  const norm = name.includes('normalised') ? { norm_weight: vector, norm_bias: vector } : {};
  return {
    name,
    attrs,
    bench,
    types: { x: { dtype: 'f32', shape: x }, ...weightTypes(dtype, n, k), ...bias, ...norm },
  };
}
