// Writes a model in our own format: matrices quantised in blocks of 32, everything else as f16, openai's tensor names.

import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ModelFileError, OptionError } from '../errors.ts';
import { openModel } from '../formats/detect.ts';
import { f32ToF16 } from '../formats/half.ts';
import type { ModelFile, TensorSource } from '../formats/model_file.ts';
import { ownMetadata, quantizedEntries } from '../formats/own_format.ts';
import { quantizeRows, type Scheme } from '../formats/quantize.ts';
import { readRowsF32 } from '../formats/rows.ts';
import { type SafetensorsEntry, writeSafetensors } from '../formats/safetensors_writer.ts';
import { storedBytes } from '../formats/tensor_table.ts';
import { weightMatrices } from './fused_weights.ts';
import { readTokenizerFile } from './model_folder.ts';
import { CONFIG_SECTION } from './stored_weights.ts';
import { checkWeightChoice, precisionOf, type WeightChoice, type WeightRule } from './weight_rules.ts';

export interface ConvertOptions {
  readonly weights: 'f16' | Scheme;
  /** Other formats, not f32, for matrices by openai's name, `*` standing for anything; the first rule that matches wins. */
  readonly weightRules?: readonly WeightRule[];
  readonly signal?: AbortSignal;
}

export interface ConvertReport {
  readonly tensors: number;
  readonly bytes: number;
}

/** f32 values of a slice. */
const SLICE = 1 << 20;

/**
 * Converts the model at `from` into the folder `to`: model.safetensors, config.json where there was one, tokenizer.json.gz. Wishes about
 * formats in config.json are left out: the new file has them.
 * @throws ModelFileError, OptionError; files appear whole or not at all.
 */
export async function convertModel(
  from: string,
  to: string,
  { weights, weightRules = [], signal }: ConvertOptions,
): Promise<ConvertReport> {
  const model = await openModel(from);
  try {
    const formatOf = fileFormats(model, { weights, weightRules });
    const entries = [...model.tensors].flatMap(([name, source]) =>
      entriesOf(model, name, source, formatOf(name), signal),
    );
    await mkdir(to, { recursive: true });
    await writeSafetensors(join(to, 'model.safetensors'), entries, ownMetadata(model.dims));
    if (model.config) {
      const { [CONFIG_SECTION]: _, ...config } = model.config;
      await writeWhole(join(to, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    }
    await copyTokenizer(model, to);
    return { tensors: model.tensors.size, bytes: (await stat(join(to, 'model.safetensors'))).size };
  } finally {
    await model.file.close();
  }
}

/** Bytes of all tensors of the model converted so; the file's header comes to them. @throws OptionError as convertModel. */
export function convertedBytes(model: ModelFile, { weights, weightRules = [] }: ConvertOptions): number {
  const formatOf = fileFormats(model, { weights, weightRules });
  return [...model.tensors]
    .flatMap(([name, source]) => entriesOf(model, name, source, formatOf(name), undefined))
    .reduce((sum, { type, shape }) => sum + storedBytes(type, shape), 0);
}

/** The format to write each tensor in, by name: f16 for what is no weight matrix. @throws OptionError for a choice that is none for files. */
function fileFormats({ dims }: ModelFile, choice: WeightChoice): (name: string) => 'f16' | Scheme {
  checkWeightChoice('convert', dims, choice);
  const formats = new Map<string, 'f16' | Scheme>();
  for (const name of weightMatrices(dims).flat()) {
    const format = precisionOf(name, choice);
    if (format === 'f32') throw new OptionError(`convert: expected f16, int8, int6 or int4 for ${name}, got f32`);
    formats.set(name, format);
  }
  return (name) => formats.get(name) ?? 'f16';
}

function entriesOf(
  model: ModelFile,
  name: string,
  source: TensorSource,
  format: 'f16' | Scheme,
  signal: AbortSignal | undefined,
): readonly SafetensorsEntry[] {
  const columns = source.shape.slice(1).reduce((product, extent) => product * extent, 1);
  async function* slices(): AsyncGenerator<Float32Array> {
    const step = Math.max(1, Math.floor(SLICE / columns));
    for (let begin = 0; begin < source.shape[0]!; begin += step) {
      signal?.throwIfAborted();
      yield await readRowsF32(model, name, begin, Math.min(begin + step, source.shape[0]!));
    }
  }
  if (format !== 'f16') {
    return quantizedEntries(name, format, source.shape[0]!, columns, async function* () {
      for await (const rows of slices()) yield quantizeNamed(name, format, rows, columns);
    });
  }
  const bytes = async function* () {
    for await (const rows of slices()) {
      const halves = f32ToF16(rows);
      yield new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
    }
  };
  return [{ name, type: 'f16', shape: source.shape, bytes }];
}

function quantizeNamed(name: string, scheme: Scheme, rows: Float32Array, columns: number) {
  try {
    return quantizeRows(scheme, rows, columns);
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause;
    throw new ModelFileError(`convert: expected to quantise ${name}, got ${cause.message}`, { cause });
  }
}

/** Compressed: it is two thirds smaller, and read once. */
async function copyTokenizer(model: ModelFile, to: string): Promise<void> {
  const text = await readTokenizerFile(model.folder);
  if (text === undefined) {
    throw new ModelFileError(`convert: expected a tokenizer.json beside the model in ${model.folder}, got none`);
  }
  await writeWhole(join(to, 'tokenizer.json.gz'), gzipSync(JSON.stringify(JSON.parse(text)), { level: 9 }));
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
