// Reader of CTranslate2's model.bin, binary version 6, of a Whisper model, and of the vocabulary beside it.
// Source: python/ctranslate2/specs/model_spec.py (_serialize) and src/models/model.cc of OpenNMT/CTranslate2.

import { join } from 'node:path';
import { ModelFileError } from '../errors.ts';
import { decodeStored, isFloatLike } from './decode.ts';
import { type DeclaredDims, declareDims } from './dims.ts';
import { exists, parseJson, readSmallFile, shown } from './json.ts';
import { type Cursor, cursorOver, openForParsing, type RandomFile } from './random_file.ts';
import { type StoredTensor, type StoredType, storedBytes, type TensorFile, tensorFile } from './tensor_table.ts';

export const CTRANSLATE2_VERSION = 6;
/** `x_scale` holds the scales of quantised `x`: f32, one per row (i8) or one in all (i16). Value = code / scale. */
export const CTRANSLATE2_SCALE_SUFFIX = '_scale';

const SPEC = 'WhisperSpec';
const TYPES: readonly StoredType[] = ['f32', 'i8', 'i16', 'i32', 'f16', 'bf16']; // index = type id

export interface CTranslate2File {
  /** Scalars without a scale suffix are attributes (`encoder/num_heads`): they are metadata here, not tensors. */
  readonly file: TensorFile;
  readonly dims: DeclaredDims;
}

/** Open a model.bin. Aliases become tensors of their own over the same bytes. Throws ModelFileError with the offset. */
export async function openCTranslate2(path: string): Promise<CTranslate2File> {
  return openForParsing(path, async (source) => {
    const cursor = cursorOver(source);
    const version = await cursor.u32('binary version');
    const spec = await readName(cursor, 'specification name');
    if (version !== CTRANSLATE2_VERSION || spec !== SPEC) {
      throw new ModelFileError(
        `${path}: expected binary version ${CTRANSLATE2_VERSION} of ${SPEC} at byte 0, ` +
          `got version ${version} of ${JSON.stringify(spec)}`,
      );
    }
    await cursor.u32('specification revision');
    const tensors = new Map<string, StoredTensor>();
    const attributes = new Map<string, string>();
    const count = await cursor.u32('number of variables');
    for (let i = 0; i < count; i++) {
      const variable = await readVariable(source, cursor);
      if (tensors.has(variable.name)) throw repeated(path, variable.name, cursor.at);
      if (variable.shape.length === 0 && !variable.name.endsWith(CTRANSLATE2_SCALE_SUFFIX)) {
        attributes.set(variable.name, `${await readScalar(source, variable)}`);
      } else tensors.set(variable.name, variable);
    }
    await readAliases(path, cursor, tensors);
    if (cursor.left > 0) {
      throw new ModelFileError(
        `${path}: expected the end of the file at byte ${cursor.at}, got ${cursor.left} more bytes`,
      );
    }
    const file = tensorFile('ctranslate2', [source], tensors, Object.fromEntries(attributes));
    return { file, dims: declaredHeads(path, attributes) };
  });
}

function repeated(path: string, name: string, at: number): ModelFileError {
  return new ModelFileError(`${path}: expected every variable once, got ${name} again before byte ${at}`);
}

/** u16 length that counts a closing zero, then the bytes. */
async function readName(cursor: Cursor, what: string): Promise<string> {
  const bytes = await cursor.bytes(await cursor.u16(what), what);
  return new TextDecoder().decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes);
}

/** name, u8 rank, u32 extents outermost first, u8 type, u32 bytes, data; no alignment. */
async function readVariable(source: RandomFile, cursor: Cursor): Promise<StoredTensor> {
  const at = cursor.at;
  const name = await readName(cursor, 'variable name');
  const rank = await cursor.u8('rank');
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) shape.push(await cursor.u32('extent'));
  const typeId = await cursor.u8('type id');
  const bytes = await cursor.u32('byte length');
  const type = TYPES[typeId];
  if (!type || storedBytes(type, shape) !== bytes) {
    throw new ModelFileError(
      `${source.path}: expected ${name} of a type in 0..${TYPES.length - 1} and the bytes of its shape at byte ${at}, ` +
        `got type ${typeId} (${type ?? 'unknown'}) [${shape}] of ${bytes} bytes`,
    );
  }
  const offset = cursor.at;
  cursor.skip(bytes, `data of ${name}`);
  return { name, type, shape, file: source.path, offset, bytes };
}

async function readScalar(source: RandomFile, { type, offset, bytes }: StoredTensor): Promise<number> {
  const value = await source.read(offset, offset + bytes);
  if (isFloatLike(type)) return decodeStored(type, value)[0]!;
  const view = new DataView(value.buffer);
  if (type === 'i8') return view.getInt8(0);
  return type === 'i16' ? view.getInt16(0, true) : view.getInt32(0, true);
}

/** CTranslate2 stores equal variables once. An alias of a quantised variable stands for its scales too. */
async function readAliases(path: string, cursor: Cursor, tensors: Map<string, StoredTensor>): Promise<void> {
  const count = await cursor.u32('number of aliases');
  for (let i = 0; i < count; i++) {
    const at = cursor.at;
    const alias = await readName(cursor, 'alias');
    const target = await readName(cursor, 'aliased name');
    const tensor = tensors.get(target);
    if (!tensor)
      throw new ModelFileError(`${path}: expected alias ${alias} of a variable at byte ${at}, got ${target}`);
    if (tensors.has(alias)) throw repeated(path, alias, cursor.at);
    tensors.set(alias, { ...tensor, name: alias });
    const scale = tensors.get(target + CTRANSLATE2_SCALE_SUFFIX);
    const aliasScale = alias + CTRANSLATE2_SCALE_SUFFIX;
    if (scale && !tensors.has(aliasScale)) tensors.set(aliasScale, { ...scale, name: aliasScale });
  }
}

/** The attributes that no shape can tell. */
function declaredHeads(path: string, attributes: ReadonlyMap<string, string>): DeclaredDims {
  const heads = new Map([
    ['n_audio_head', attributes.get('encoder/num_heads')],
    ['n_text_head', attributes.get('decoder/num_heads')],
  ]);
  return declareDims((name) => {
    const said = heads.get(name);
    return said === undefined ? undefined : Number(said);
  }, `${path}: num_heads`);
}

/**
 * Token bytes by id from vocabulary.json or vocabulary.txt in `folder`; undefined when neither is there. Special tokens
 * appear as their text. Both files spell bytes with GPT-2's printable stand-ins.
 */
export async function readCTranslate2Vocab(folder: string): Promise<readonly Uint8Array[] | undefined> {
  const json = join(folder, 'vocabulary.json');
  const text = join(folder, 'vocabulary.txt');
  if (await exists(json)) {
    const tokens = parseJson(await readSmallFile(json), json);
    if (Array.isArray(tokens)) return tokens.map((token, id) => spelledBytes(json, token, id));
    throw new ModelFileError(`${json}: expected an array of tokens, got another JSON value`);
  }
  if (!(await exists(text))) return undefined;
  const lines = new TextDecoder().decode(await readSmallFile(text)).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((token, id) => spelledBytes(text, token, id));
}

// GPT-2's bytes_to_unicode: bytes that print stand for themselves, the other 68 are U+0100 and on, in order.
const BYTE_OF = new Map<string, number>();
for (let byte = 0, other = 256; byte < 256; byte++) {
  const prints = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  BYTE_OF.set(String.fromCharCode(prints ? byte : other++), byte);
}

/** Throws ModelFileError for a token with a letter that stands for no byte. */
function spelledBytes(path: string, token: unknown, id: number): Uint8Array {
  const bytes = typeof token === 'string' ? Array.from(token, (letter) => BYTE_OF.get(letter) ?? -1) : [-1];
  if (!bytes.includes(-1)) return Uint8Array.from(bytes);
  throw new ModelFileError(`${path}: expected token ${id} in GPT-2's byte letters, got ${shown(token)}`);
}
