// Where models lie, and the tokenizer beside one.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cacheFolder } from '../cache_folder.ts';
import { ModelFileError } from '../errors.ts';
import { LARGEST_JSON, parseJsonObject, readSmallFile } from '../formats/json.ts';
import type { ModelFile } from '../formats/model_file.ts';
import { messageOf } from '../formats/random_file.ts';
import type { TokenizerSource } from '../text/vocabulary.ts';

/** Models that came with the package. */
const BUNDLED = fileURLToPath(new URL('../../models/', import.meta.url));

/** A path as it is; a name in the package's models, then in the user's cache. @throws ModelFileError naming the places. */
export function findModel(pathOrName: string): string {
  const places = [pathOrName, join(BUNDLED, pathOrName), cacheFolder('models', pathOrName)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new ModelFileError(`findModel: expected a model at one of ${places.join(', ')}, got none`);
  return found;
}

/** Text of tokenizer.json or tokenizer.json.gz, if there is one. @throws ModelFileError for one that is damaged or far too large. */
export async function readTokenizerFile(folder: string): Promise<string | undefined> {
  const plain = join(folder, 'tokenizer.json');
  if (existsSync(plain)) return new TextDecoder().decode(await readSmallFile(plain));
  const compressed = `${plain}.gz`;
  return existsSync(compressed)
    ? new TextDecoder().decode(unzipped(await readSmallFile(compressed), compressed))
    : undefined;
}

function unzipped(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_JSON });
  } catch (cause) {
    throw new ModelFileError(`${path}: expected gzip of up to ${LARGEST_JSON} bytes, got ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** What a tokenizer is made of: the JSON beside the model, else the vocabulary inside it. */
export async function tokenizerSource(model: ModelFile): Promise<TokenizerSource> {
  const text = await readTokenizerFile(model.folder);
  if (text !== undefined) return parseJsonObject(new TextEncoder().encode(text), `tokenizer.json in ${model.folder}`);
  if (model.vocab) return model.vocab;
  throw new ModelFileError(`Whisper.load: expected a tokenizer.json beside the model in ${model.folder}, got none`);
}
