// Reader of whisper.cpp's model.bin: header, mel filters, vocabulary, then tensors in sequence to the end of the file.
// Source: whisper.cpp models/convert-pt-to-ggml.py and whisper_model_load in src/whisper.cpp. Names are OpenAI's.

import { ModelFileError } from '../errors.ts';
import { type DeclaredDims, declareDims, type ModelDimensions } from './dims.ts';
import { type Cursor, cursorOver, openForParsing, type RandomFile } from './random_file.ts';
import { type StoredTensor, type StoredType, storedBytes, type TensorFile, tensorFile } from './tensor_table.ts';

export const GGML_MAGIC = 0x67676d6c;

/** Slaney mel filter bank [n_mels, n_freqs], row-major. */
export interface MelFilters {
  readonly n_mels: number;
  readonly n_freqs: number;
  readonly data: Float32Array;
}

export interface GgmlFile {
  readonly file: TensorFile;
  readonly dims: DeclaredDims;
  /** Bytes of each token by id; special tokens are not in the file. May hold an empty token. */
  readonly vocab: readonly Uint8Array[];
  readonly mel_filters: MelFilters;
}

// i32 each, after the magic; ftype follows.
const HEADER: readonly (keyof ModelDimensions)[] = [
  'n_vocab',
  'n_audio_ctx',
  'n_audio_state',
  'n_audio_head',
  'n_audio_layer',
  'n_text_ctx',
  'n_text_state',
  'n_text_head',
  'n_text_layer',
  'n_mels',
];
// Ids of ggml_type. The header's ftype has other ids, and says only what the weight matrices mostly are.
const TYPES: ReadonlyMap<number, StoredType> = new Map([
  [0, 'f32'],
  [1, 'f16'],
  [2, 'q4_0'],
  [3, 'q4_1'],
  [6, 'q5_0'],
  [7, 'q5_1'],
  [8, 'q8_0'],
]);
// Far above what any Whisper needs; they keep a corrupt length from allocating.
const LARGEST_BANK = 1 << 20; // filter coefficients; 128 * 201 are used
const MOST_TOKENS = 1 << 17;
const LONGEST_TOKEN = 1 << 12;
const LONGEST_NAME = 1 << 10;
const MOST_DIMS = 4;

/** Open a whisper.cpp file. Throws ModelFileError with the byte offset where it stops making sense. */
export async function openGgml(path: string): Promise<GgmlFile> {
  return openForParsing(path, async (source) => {
    const cursor = cursorOver(source);
    const magic = await cursor.u32('magic');
    if (magic !== GGML_MAGIC) {
      throw new ModelFileError(`${path}: expected magic 0x67676d6c at byte 0, got 0x${magic.toString(16)}`);
    }
    const header = new Map<string, number>();
    for (const name of HEADER) header.set(name, await cursor.i32(name));
    const dims = declareDims((name) => header.get(name), `${path}: header`);
    // ftype = quantisation version * 1000 + type of the weight matrices; each tensor says its own type anyway.
    const ftype = await cursor.i32('ftype');
    const mel_filters = await readMelFilters(path, cursor);
    const vocab = await readVocab(path, cursor);
    const tensors = new Map<string, StoredTensor>();
    while (cursor.left > 0) {
      // No count of tensors is stored: they go on to the end of the file.
      const at = cursor.at;
      const tensor = await readTensor(source, cursor);
      if (tensors.has(tensor.name)) {
        throw new ModelFileError(`${path}: expected every tensor once, got ${tensor.name} again at byte ${at}`);
      }
      tensors.set(tensor.name, tensor);
    }
    return { file: tensorFile('ggml', [source], tensors, { ftype: `${ftype}` }), dims, vocab, mel_filters };
  });
}

/** An i32 at the cursor that must lie in [low, high]. */
async function bounded(path: string, cursor: Cursor, what: string, low: number, high: number): Promise<number> {
  const at = cursor.at;
  const value = await cursor.i32(what);
  if (value >= low && value <= high) return value;
  throw new ModelFileError(`${path}: expected ${what} in ${low}..${high} at byte ${at}, got ${value}`);
}

/** Two counts, then f32. The engine computes its own bank; this one lets a caller compare. */
async function readMelFilters(path: string, cursor: Cursor): Promise<MelFilters> {
  const n_mels = await bounded(path, cursor, 'mel filter count', 1, LARGEST_BANK);
  const n_freqs = await bounded(path, cursor, 'mel filter length', 1, Math.floor(LARGEST_BANK / n_mels));
  const bytes = await cursor.bytes(n_mels * n_freqs * 4, 'mel filters');
  return { n_mels, n_freqs, data: new Float32Array(bytes.slice().buffer) };
}

/** A count, then length and bytes of each token. */
async function readVocab(path: string, cursor: Cursor): Promise<readonly Uint8Array[]> {
  const count = await bounded(path, cursor, 'vocabulary size', 0, MOST_TOKENS);
  const vocab: Uint8Array[] = [];
  for (let id = 0; id < count; id++) {
    const length = await bounded(path, cursor, 'token length', 0, LONGEST_TOKEN);
    vocab.push(await cursor.bytes(length, 'token'));
  }
  return vocab;
}

/** rank, name length, type, extents innermost first, name, data; no alignment anywhere. */
async function readTensor(source: RandomFile, cursor: Cursor): Promise<StoredTensor> {
  const { path } = source;
  const at = cursor.at;
  const rank = await bounded(path, cursor, 'number of dimensions', 0, MOST_DIMS);
  const nameLength = await bounded(path, cursor, 'name length', 1, LONGEST_NAME);
  const typeId = await cursor.i32('tensor type');
  const type = TYPES.get(typeId);
  if (!type) {
    throw new ModelFileError(
      `${path}: expected tensor type ${[...TYPES].map(([id, name]) => `${id} (${name})`).join(', ')} at byte ${at + 8}, ` +
        `got ${typeId}`,
    );
  }
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) shape.unshift(await bounded(path, cursor, 'extent', 1, 2 ** 31 - 1)); // innermost first
  const name = new TextDecoder().decode(await cursor.bytes(nameLength, 'tensor name'));
  const bytes = storedBytes(type, shape);
  if (Number.isNaN(bytes)) {
    throw new ModelFileError(
      `${path}: expected rows of whole blocks of 32 in ${name}, got ${type} [${shape}] at byte ${at}`,
    );
  }
  const offset = cursor.at;
  cursor.skip(bytes, `data of tensor ${name}`);
  return { name, type, shape, file: path, offset, bytes };
}
