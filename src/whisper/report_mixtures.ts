// Mixtures of weight formats that a report compares, and the formats of the model they are compared with.

import { ModelFileError, OptionError } from '../errors.ts';
import { openModel } from '../formats/detect.ts';
import type { ModelFile } from '../formats/model_file.ts';
import { type ConvertOptions, convertedBytes } from './convert.ts';
import { weightMatrices } from './fused_weights.ts';
import { EMBEDDING, parseWeightRule, type WeightChoice, type WeightRule } from './weight_rules.ts';

export interface Mixture extends WeightChoice {
  /** The text that parseMixture takes. */
  readonly name: string;
  readonly weights: ConvertOptions['weights'];
}

const FORMATS: readonly ConvertOptions['weights'][] = ['f16', 'int8', 'int6', 'int4'];

/** `int4,decoder.token_embedding.weight=int6`: a format, and rules for others. @throws OptionError for another form. */
export function parseMixture(text: string): Mixture {
  const [format, ...rules] = text.split(',');
  const weights = FORMATS.find((known) => known === format);
  if (weights === undefined) {
    throw new OptionError(`mixture: expected ${FORMATS.join(', ')}, then rules <tensor name>=<format>, got '${text}'`);
  }
  return makeMixture(weights, rules.map(parseWeightRule));
}

export function makeMixture(weights: ConvertOptions['weights'], weightRules: readonly WeightRule[] = []): Mixture {
  const name = [weights, ...weightRules.map((rule) => `${rule.match}=${rule.weights}`)].join(',');
  return { name, weights, weightRules };
}

/** The formats alone, and the smallest with the matrix that suffers most in a larger one. */
export const DEFAULT_MIXTURES = ['int8', 'int6', 'int4', `int4,${EMBEDDING}=int6`].map(parseMixture);

/** Bytes of tensors in files. */
export interface Sizes {
  /** The format that holds what the file has: f32 where it has f32 or bf16 matrices, else f16. */
  readonly precision: 'f32' | 'f16';
  readonly sourceBytes: number;
  /** Of each mixture, converted. */
  readonly mixtureBytes: readonly number[];
}

/**
 * What a model's file says before anything is loaded.
 * @throws ModelFileError for a quantised model, OptionError for a mixture that is none for it.
 */
export async function readSizes(path: string, mixtures: readonly Mixture[]): Promise<Sizes> {
  const model = await openModel(path);
  try {
    const types = weightMatrices(model.dims).flat().map((name) => floatType(model, name, path)); // biome-ignore format: one thought
    const sources = [...model.tensors.values()];
    return {
      precision: types.every((type) => type === 'f16') ? 'f16' : 'f32',
      sourceBytes: sources.reduce((sum, { tensor, shape }) => sum + (tensor.bytes / tensor.shape[0]!) * shape[0]!, 0),
      mixtureBytes: mixtures.map((mixture) => convertedBytes(model, mixture)),
    };
  } finally {
    await model.file.close();
  }
}

function floatType(model: ModelFile, name: string, path: string): string {
  const { coding, tensor } = model.tensors.get(name)!;
  if (coding === 'plain' && /^b?f\d+$/.test(tensor.type)) return tensor.type;
  throw new ModelFileError(
    `report: expected a model that is not quantised because mixtures are compared with it, got ${name} in ${coding === 'plain' ? tensor.type : coding} in ${path}`,
  );
}
