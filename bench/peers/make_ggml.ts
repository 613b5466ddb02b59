// npx tsx bench/peers/make_ggml.ts <model folder> <out.bin> f16|q8_0|q5_0: a model file for whisper.cpp, with the tensors that its own
// converters leave in f32 left in f32. Source: whisper.cpp models/convert-pt-to-ggml.py, examples/quantize, ggml-quants.c.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError } from '../../src/errors.ts';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelDimensions } from '../../src/formats/dims.ts';
import { GGML_MAGIC } from '../../src/formats/ggml.ts';
import { f16Bits, f16Value, f32ToF16 } from '../../src/formats/half.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { STFT_BINS } from '../../src/ops/stft.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { bytesOf, loadVocabulary } from '../../src/text/vocabulary.ts';
import { melFilters } from '../../src/whisper/mel_filters.ts';
import { tokenizerSource } from '../../src/whisper/model_folder.ts';

const TYPES = {
  f16: { tensor: 1, file: 1 },
  q5_0: { tensor: 6, file: 2008 },
  q8_0: { tensor: 8, file: 2007 },
} as const;
type GgmlType = keyof typeof TYPES;

const FREQUENCIES = 201;
const BLOCK = 32;

/** The file's bytes. @throws ModelFileError for a folder that holds no model with a tokenizer. */
export async function ggmlFile(folder: string, type: GgmlType): Promise<Buffer> {
  const model = await openModel(folder);
  try {
    const source = await tokenizerSource(model);
    const { tokens } = loadVocabulary(source, loadTokenizer(source, model.dims).eot);
    const vocabulary = tokens.flatMap((token) => [i32(token.length), bytesOf(token)]);
    const parts = [...header(model.dims, type), i32(tokens.length), ...vocabulary];
    for (const [name, { shape }] of model.tensors) {
      parts.push(...tensor(name, shape, await readRowsF32(model, name), type));
    }
    return Buffer.concat(parts);
  } finally {
    await model.file.close();
  }
}

function header(dims: ModelDimensions, type: GgmlType): Uint8Array[] {
  const audio = [dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer];
  const text = [dims.n_text_ctx, dims.n_text_state, dims.n_text_head, dims.n_text_layer];
  const { filters } = melFilters(dims.n_mels);
  const rows = Array.from({ length: dims.n_mels }, (_, mel) =>
    filters.slice(mel * STFT_BINS, mel * STFT_BINS + FREQUENCIES),
  );
  return [
    i32(GGML_MAGIC, dims.n_vocab, ...audio, ...text, dims.n_mels, TYPES[type].file),
    i32(dims.n_mels, FREQUENCIES),
    ...rows.map((row) => new Uint8Array(row.buffer)),
  ];
}

/** Rank, name length, type, extents innermost first, name, data. */
function tensor(name: string, shape: readonly number[], values: Float32Array, type: GgmlType): Uint8Array[] {
  const whole = shape.length === 1 || name.endsWith('positional_embedding');
  const stored = shape.length === 3 ? 'f16' : type;
  const extents = /conv\d\.bias$/.test(name) ? [1, ...shape] : shape.toReversed();
  const begin = [i32(extents.length, name.length, whole ? 0 : TYPES[stored].tensor, ...extents), Buffer.from(name)];
  if (whole) return [...begin, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
  if (stored === 'f16') return [...begin, new Uint8Array(f32ToF16(values).buffer)];
  const pack = { q8_0: packQ8, q5_0: packQ5 }[stored];
  const blocks = Array.from({ length: values.length / BLOCK }, (_, i) => values.subarray(i * BLOCK, (i + 1) * BLOCK));
  return [...begin, Buffer.concat(blocks.map(pack))];
}

/** Scale f16, then 32 signed bytes. */
function packQ8(block: Float32Array): Uint8Array {
  const scale = Math.max(...block.map(Math.abs)) / 127;
  const codes = Int8Array.from(block, (value) =>
    scale === 0 ? 0 : Math.sign(value) * Math.round(Math.abs(value / scale)),
  );
  return Buffer.concat([u16(f16Bits(scale)), new Uint8Array(codes.buffer)]);
}

/** Scale f16, the 32 fifth bits, then two nibbles a byte: values i and i + 16. The value farthest from 0 has code 0. */
function packQ5(block: Float32Array): Uint8Array {
  const farthest = block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const scale = f16Value(f16Bits(farthest / -16));
  const codes = Array.from(block, (value) => (scale === 0 ? 16 : Math.min(31, Math.floor(value / scale + 16.5))));
  const fifth = codes.reduce((bits, code, i) => bits | ((code >> 4) << i), 0);
  const nibbles = codes.slice(0, 16).map((code, i) => (code & 15) | ((codes[i + 16]! & 15) << 4));
  return Buffer.concat([u16(f16Bits(scale)), i32(fifth), Uint8Array.from(nibbles)]);
}

function i32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

async function main([folder, out, type]: readonly string[]): Promise<void> {
  if (folder === undefined || out === undefined || type === undefined || !Object.hasOwn(TYPES, type)) {
    throw new OptionError(`make_ggml: expected <model folder> <out.bin> ${Object.keys(TYPES).join('|')}`);
  }
  const bytes = await ggmlFile(folder, type as GgmlType);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.tmp`, bytes);
  renameSync(`${out}.tmp`, out);
  console.log(`${out}: ${bytes.length} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
