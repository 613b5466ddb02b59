// Which format each weight matrix is kept in, on the device and in files alike: a default, and rules by openai's tensor name.

import { OptionError } from '../errors.ts';
import type { ModelDimensions } from './dims.ts';
import { weightMatrices } from './fused_weights.ts';

/** Formats of a weight matrix; int8, int6 and int4 are codes in blocks of 32 along its rows (src/formats/quantize.ts). */
export const WEIGHT_PRECISIONS = ['f32', 'f16', 'int8', 'int6', 'int4'] as const;
export type WeightPrecision = (typeof WEIGHT_PRECISIONS)[number];

export interface WeightRule {
  /** openai's name of a matrix, or of many: `*` stands for any run of characters, as in `decoder.*.mlp.*`. */
  readonly match: string;
  readonly weights: WeightPrecision;
}

export interface WeightChoice {
  /** Of matrices that no rule matches. One-dimensional tensors are f32; convolutions and positions f16, unless this is f32. */
  readonly weights: WeightPrecision;
  /** The first that matches wins. */
  readonly weightRules: readonly WeightRule[];
}

/** The matrix whose rows are both looked up by token and multiplied with: the one that suffers most from few bits. */
export const EMBEDDING = 'decoder.token_embedding.weight';

/** The format of the matrix of that openai name. */
export function precisionOf(name: string, { weights, weightRules }: WeightChoice): WeightPrecision {
  return weightRules.find(({ match }) => matches(match, name))?.weights ?? weights;
}

/**
 * Refuses a choice that cannot be meant or kept.
 * @throws OptionError for an unknown format, a rule that matches no matrix of the model, and parts of one matrix in several formats.
 */
export function checkWeightChoice(where: string, dims: ModelDimensions, choice: WeightChoice): void {
  checkPrecision(where, 'weights', choice.weights);
  if (!Array.isArray(choice.weightRules) || choice.weightRules.some((rule) => typeof rule?.match !== 'string')) {
    throw new OptionError(
      `${where}: expected weightRules: [{match, weights}], got ${JSON.stringify(choice.weightRules)}`,
    );
  }
  const matrices = weightMatrices(dims);
  for (const { match, weights } of choice.weightRules) {
    checkPrecision(where, `the rule for '${match}'`, weights);
    if (matrices.some((parts) => parts.some((name) => matches(match, name)))) continue;
    throw new OptionError(`${where}: expected rules that match weight matrices, such as ${EMBEDDING}, got '${match}'`);
  }
  for (const parts of matrices) {
    const formats = parts.map((name) => precisionOf(name, choice));
    if (formats.every((format) => format === formats[0])) continue;
    throw new OptionError(
      `${where}: expected one format for ${parts.join(', ')} because they are one matrix on the device, got ${formats.join(', ')}`,
    );
  }
}

/** `decoder.*.mlp.*=int8` as a rule. @throws OptionError for another form; whether it makes sense is `checkWeightChoice`'s matter. */
export function parseWeightRule(text: string): WeightRule {
  const [, match, weights] = /^(.+)=(\w+)$/.exec(text) ?? [];
  if (match === undefined || weights === undefined) {
    throw new OptionError(`weight rule: expected <tensor name>=<format>, got '${text}'`);
  }
  checkPrecision('weight rule', `the rule for '${match}'`, weights);
  return { match, weights };
}

function checkPrecision(where: string, what: string, given: unknown): asserts given is WeightPrecision {
  if (WEIGHT_PRECISIONS.includes(given as WeightPrecision)) return;
  throw new OptionError(`${where}: expected ${what} to be one of ${WEIGHT_PRECISIONS.join(', ')}, got '${given}'`);
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const literal = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`).test(name);
}
