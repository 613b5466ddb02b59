// What `inspect` knows of a model: what is in its files, what the engine makes of it, and the GPU memory it would take. Plain data; no device.

import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ModelFile, TensorSource } from '../formats/model_file.ts';
import { elementCount } from '../formats/tensor_table.ts';
import { specialVocabulary } from '../text/special_tokens.ts';
import { loadTokenizer } from '../text/tokenizer.ts';
import { type ModelDimensions, PUBLISHED_DIMS } from '../whisper/dims.ts';
import { MODES, type Mode } from '../whisper/graph_options.ts';
import { readTokenizerFile, tokenizerSource } from '../whisper/model_folder.ts';
import { weightChoice } from '../whisper/stored_weights.ts';
import type { WeightChoice } from '../whisper/weight_rules.ts';
import { type AlignmentHead, alignmentHeads } from '../whisper/words/alignment_heads.ts';
import { planReport } from './plan_report.ts';

export interface InspectedTensor {
  /** openai's. */
  readonly name: string;
  readonly shape: readonly number[];
  /** A stored type, or the name of a scheme with scales beside its codes. */
  readonly format: string;
  /** In the file, its scales included. */
  readonly bytes: number;
  readonly file: string;
}

/** Tensors of one part of the model in one format. */
export interface TensorGroup {
  readonly group: string;
  readonly format: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
}

/** Bytes of GPU buffers. */
export interface ModeBytes {
  readonly mode: Mode;
  readonly weights: number;
  readonly arena: number;
  readonly total: number;
}

export interface Inspection {
  readonly format: ModelFile['format'];
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly dims: ModelDimensions;
  /** Published models of these dimensions. */
  readonly published: readonly string[];
  readonly multilingual: boolean;
  /** Codes of the languages it was trained for. */
  readonly languages: readonly string[];
  /** Where the vocabulary is; absent: nowhere, and the engine will not load the model. */
  readonly tokenizer?: 'beside the model' | 'in the model';
  /** Numbers in all tensors, the encoder's positions among them. */
  readonly parameters: number;
  readonly tensors: readonly InspectedTensor[];
  readonly groups: readonly TensorGroup[];
  /** Whose attention word times are found by. */
  readonly alignmentHeads: readonly AlignmentHead[];
  /** How weights are kept on the GPU if nobody chooses. */
  readonly choice: WeightChoice;
  /** One window, one sequence. */
  readonly gpu: readonly ModeBytes[];
}

/** @throws ModelFileError for a vocabulary or tokenizer that is not Whisper's; the signal's reason. The model stays open. */
export async function inspectModel(model: ModelFile, signal: AbortSignal): Promise<Inspection> {
  const { dims, format } = model;
  const { isMultilingual, languages } = specialVocabulary(dims.n_vocab);
  const tokenizer = await tokenizerPlace(model);
  const tensors = [...model.tensors].map(([name, source]) => inspectTensor(name, source));
  const paths = [...new Set(tensors.map(({ file }) => file))];
  return {
    format,
    files: await Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(path)).size }))),
    dims,
    published: Object.keys(PUBLISHED_DIMS).filter((name) => sameDims(PUBLISHED_DIMS[name]!, dims)),
    multilingual: isMultilingual,
    languages: isMultilingual ? languages.map(({ code }) => code) : ['en'],
    ...(tokenizer && { tokenizer }),
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    tensors,
    groups: groupTensors(tensors),
    alignmentHeads: alignmentHeads(dims),
    choice: weightChoice(model, {}),
    gpu: await plannedBytes(model, signal),
  };
}

/** Loads it, so that a damaged one is an error here. */
async function tokenizerPlace(model: ModelFile): Promise<Inspection['tokenizer']> {
  const beside = (await readTokenizerFile(model.folder)) !== undefined;
  if (!beside && !model.vocab) return undefined;
  loadTokenizer(await tokenizerSource(model), model.dims);
  return beside ? 'beside the model' : 'in the model';
}

function inspectTensor(
  name: string,
  { tensor, scales, coding, shape, rowBegin, rowEnd }: TensorSource,
): InspectedTensor {
  // Some formats keep several matrices in one.
  const share = (rowEnd - rowBegin) / tensor.shape[0]!;
  return {
    name,
    shape,
    format: coding === 'plain' ? tensor.type : coding,
    bytes: share * (tensor.bytes + (scales?.bytes ?? 0)),
    file: tensor.file,
  };
}

const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^encoder\.conv/, 'convolutions'],
  [/^encoder\.blocks\./, 'encoder layers'],
  [/^decoder\.blocks\./, 'decoder layers'],
  [/^decoder\.token_embedding\./, 'token embedding'],
  [/^/, 'positions, last norms'],
];

function groupTensors(tensors: readonly InspectedTensor[]): TensorGroup[] {
  const groups = new Map<string, TensorGroup>();
  for (const { name, format, shape, bytes } of tensors) {
    const group = GROUPS.find(([pattern]) => pattern.test(name))![1];
    const known = groups.get(`${group} ${format}`) ?? { group, format, tensors: 0, parameters: 0, bytes: 0 };
    groups.set(`${group} ${format}`, {
      ...known,
      tensors: known.tensors + 1,
      parameters: known.parameters + elementCount(shape),
      bytes: known.bytes + bytes,
    });
  }
  const order = GROUPS.map(([, group]) => group);
  return [...groups.values()].sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group) || b.bytes - a.bytes);
}

async function plannedBytes(model: ModelFile, signal: AbortSignal): Promise<ModeBytes[]> {
  const all: ModeBytes[] = [];
  for (const mode of MODES) {
    await setImmediate(); // a plan blocks the event loop: now is the time for Ctrl-C
    signal.throwIfAborted();
    const { plan, totalBytes } = planReport(mode, model.dims, { ...weightChoice(model, {}), mode });
    all.push({ mode, weights: plan.weightBytes, arena: plan.arenaBytes, total: totalBytes });
  }
  return all;
}

function sameDims(a: ModelDimensions, b: ModelDimensions): boolean {
  return (Object.keys(a) as (keyof ModelDimensions)[]).every((key) => a[key] === b[key]);
}
