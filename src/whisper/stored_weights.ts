// The formats a model's matrices are kept in when nobody chooses: as its config.json says, else as its file has them.

import { ModelFileError, OptionError } from '../errors.ts';
import type { ModelFile, TensorSource } from '../formats/model_file.ts';
import { weightMatrices } from './fused_weights.ts';
import { checkWeightChoice, type WeightChoice, type WeightPrecision } from './weight_rules.ts';

/**
 * What of our options a config.json may set: `{"whisper_wgsl": {"weights": "int4", "weightRules": [{"match": "decoder.*", "weights":
 * "int8"}]}}`, both optional.
 */
export const CONFIG_SECTION = 'whisper_wgsl';

/**
 * The choice for a model: rules as given, then its own. A default that is given leaves no room for the model's own wishes.
 * @throws ModelFileError for a section of config.json that is of another form.
 */
export function weightChoice(model: ModelFile, given: Partial<WeightChoice>): WeightChoice {
  const { weights, weightRules = [] } = given;
  if (weights !== undefined) return { weights, weightRules };
  const wished = configChoice(model);
  const own = wished.weights === undefined ? storedChoice(model) : { weights: wished.weights, weightRules: [] };
  return { weights: own.weights, weightRules: [...weightRules, ...(wished.weightRules ?? []), ...own.weightRules] };
}

function configChoice({ config, folder, dims }: ModelFile): Partial<WeightChoice> {
  const section = config?.[CONFIG_SECTION];
  if (section === undefined) return {};
  try {
    const wished = sectionFields(section);
    checkWeightChoice(CONFIG_SECTION, dims, { weights: 'f16', weightRules: [], ...wished });
    return wished;
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause;
    throw new ModelFileError(`config.json in ${folder}: ${cause.message}`, { cause });
  }
}

function sectionFields(section: unknown): Partial<WeightChoice> {
  const fields = typeof section === 'object' && section !== null ? section : { [`${section}`]: section };
  const unknown = Object.keys(fields).find((field) => field !== 'weights' && field !== 'weightRules');
  if (unknown === undefined) return fields;
  throw new OptionError(`${CONFIG_SECTION}: expected weights and weightRules, got '${unknown}'`);
}

/** The most common format of the file's matrices, and a rule for every matrix of another. */
function storedChoice({ dims, tensors }: ModelFile): WeightChoice {
  const formats = new Map(
    weightMatrices(dims)
      .flat()
      .map((name) => [name, storedPrecision(tensors.get(name)!)]),
  );
  const counts = new Map<WeightPrecision, number>();
  for (const format of formats.values()) counts.set(format, (counts.get(format) ?? 0) + 1);
  const [[weights]] = [...counts].toSorted(([, a], [, b]) => b - a) as [[WeightPrecision, number]];
  const others = [...formats].filter(([, format]) => format !== weights);
  return { weights, weightRules: others.map(([match, format]) => ({ match, weights: format })) };
}

/** Formats of ggml that ours hold exactly: blocks of 32 about zero with an f16 scale; q5_0's levels are every second one of int6. */
const GGML: Readonly<Partial<Record<string, WeightPrecision>>> = { q8_0: 'int8', q5_0: 'int6', q4_0: 'int4' };

/** Our schemes and those of ggml that are as exact in ours, floats and other codes as f16; bf16 needs f32, whose range f16 lacks. */
function storedPrecision({ coding, tensor }: TensorSource): WeightPrecision {
  if (coding === 'int8' || coding === 'int6' || coding === 'int4') return coding;
  if (coding !== 'plain') return 'f16';
  return tensor.type === 'bf16' ? 'f32' : (GGML[tensor.type] ?? 'f16');
}
