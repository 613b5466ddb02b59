// What would make a tensor smaller or take it away: one honest remark for each kind of tensor that `plan` lists.

import type { Tensor } from '../graph/graph.ts';
import type { GraphOptions } from '../whisper/graph_options.ts';
import { WEIGHT_PRECISIONS } from '../whisper/weight_rules.ts';
import type { KindName } from './plan_kinds.ts';

/** A short remark; `nothing: ...` where every choice needs the tensor. */
export function remedy(tensor: Tensor, kind: KindName, options: GraphOptions): string {
  const narrow = narrower(tensor, options);
  switch (kind) {
    case 'keysAndValues':
      if (/cross_/.test(tensor.name)) return any(['--mode absorbed: all layers read the one encoder output', narrow]);
      return narrow ?? 'nothing: each query of the window reads all of it';
    case 'caches':
      return any(['a smaller --text-context, in proportion', fewer(options), narrow]);
    case 'features':
      if (/^encoder\.x$/.test(tensor.name)) return 'nothing: the residual stream of the window, updated in place';
      if (/^(xa|xa_all|features)$/.test(tensor.name)) return narrow ?? 'nothing: all decoder layers read it';
      return rowsRemedy(tensor, options);
    case 'attention':
    case 'mlp':
      return rowsRemedy(tensor, options);
    case 'logits':
      return fewer(options) ?? 'nothing: a row of the vocabulary';
    case 'mel':
      return /conv1/.test(tensor.name) ? rowsRemedy(tensor, options) : 'nothing: the window of sound itself';
    case 'tables':
      return 'nothing: it steers decoding';
    default:
      return weightRemedy(tensor, kind, options);
  }
}

/** Of what is kept in the format of caches. */
function narrower({ dtype }: Tensor, { cache }: GraphOptions): string | undefined {
  if (dtype === 'f32' && cache === 'f32') return '--cache f16 halves it';
  return dtype === 'f16' ? '--cache int8 nearly halves it' : undefined;
}

function fewer({ batch }: GraphOptions): string | undefined {
  return batch > 1 ? 'a smaller --batch' : undefined;
}

/** Of tensors that exist for some rows at a time. How many is a choice of GraphOptions that the command line does not offer. */
function rowsRemedy({ name }: Tensor, options: GraphOptions): string {
  if (/^encoder\./.test(name)) return 'fewer rows at a time: tileRows, queryRows';
  if (/^(step|sample|probe|rank|extend)\./.test(name)) return fewer(options) ?? 'nothing: the row of one token';
  if (/cross_attention|absorbed_attention/.test(name)) return 'fewer prefillRows or promptSplits';
  return /^(decoder|embed)/.test(name) ? 'fewer prefillRows' : 'fewer rows at a time: crossRows';
}

/** The next smaller format, and the mode in which the weight is not always there. */
function weightRemedy({ name }: Tensor, kind: KindName, { weights, mode }: GraphOptions): string {
  const matrices = kind !== 'otherWeights'; // convolutions and positions stay f16 in all formats of fewer bits
  const next = WEIGHT_PRECISIONS[WEIGHT_PRECISIONS.indexOf(weights) + 1];
  const format = next && (matrices || weights === 'f32') ? `--weights ${next}` : undefined;
  const whole = mode === 'resident' || mode === 'absorbed';
  const layers = mode !== 'streamed' && /\.(blocks\.\d+|conv\d)\./.test(name);
  const phased = whole && !name.startsWith('decoder.') ? "--mode phased: not beside the decoder's" : undefined;
  const swapped = phased ?? (layers ? '--mode streamed: one layer at a time' : undefined);
  return any([format, swapped]) || 'nothing: it stays as it is in every smaller format';
}

function any(remarks: readonly (string | undefined)[]): string {
  return remarks.filter((one) => one !== undefined).join('; or ');
}
