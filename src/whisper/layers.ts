// What encoder and decoder have in common: the model under construction, its matrix products and its MLP (openai/whisper model.py).

import type { GraphBuilder } from '../graph/builder.ts';
import type { TensorRef } from '../graph/graph.ts';
import type * as ops from '../ops/index.ts';
import type { LinearI8Attrs } from '../ops/linear_i8.ts';
import type { ModelDimensions } from './dims.ts';
import type { GraphOptions } from './graph_options.ts';
import type { LinearWeights, ModelWeights, NormWeights } from './model_weights.ts';

/** A graph under construction, and what it is made from. */
export interface Model {
  readonly g: GraphBuilder<typeof ops>;
  readonly dims: ModelDimensions;
  readonly options: GraphOptions;
  readonly weights: ModelWeights;
}

/** x += fc2(GELU(fc1(mlp_ln(x)))), for the rows of x at hand. */
export function mlp(model: Model, name: string, x: TensorRef): void {
  const { weights } = model;
  const d = x.shape[1]!;
  const norm = weights.norm(`${name}.mlp_ln`, d);
  const wide = normLinear(model, x, norm, weights.linear(`${name}.mlp.0`, 4 * d, d), { gelu: true });
  linear(model, wide, weights.linear(`${name}.mlp.2`, d, 4 * d), { accumulate: true }, x);
}

/**
 * linear of the normalised x. A single row, a step's, is normalised by the product itself: that saves a dispatch. Where there are more, the
 * kernels that hold weights win, and those take rows as they are.
 */
export function normLinear(
  model: Model,
  x: TensorRef,
  norm: NormWeights,
  w: LinearWeights,
  attrs: LinearI8Attrs = {},
  y?: TensorRef,
): TensorRef {
  const { g, options } = model;
  if (x.shape[0] !== 1 || (options.arithmetic === 'w8a8' && w.w_scale)) {
    return linear(model, g.layerNorm({ x, ...norm }), w, attrs, y);
  }
  return g.linear({ x, ...w, norm_weight: norm.weight, norm_bias: norm.bias }, attrs, y && { y });
}

/** x w^T + bias by the chosen arithmetic, into `y` where given. */
export function linear(
  { g, options }: Model,
  x: TensorRef,
  w: LinearWeights,
  attrs: LinearI8Attrs = {},
  y?: TensorRef,
): TensorRef {
  const into = y && { y };
  if (options.arithmetic === 'w8a32' || !w.w_scale) return g.linear({ x, ...w }, attrs, into);
  const { y: codes, y_scale } = g.quantizeRows({ x });
  return g.linearI8({ x: codes, x_scale: y_scale, ...w, w_scale: w.w_scale }, attrs, into);
}
