// Where models lie, and the tokenizer beside one.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cacheFolder } from '../cache_folder.ts';
import { ModelFileError } from '../errors.ts';
import type { ModelFile } from '../formats/model_file.ts';
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

/** Text of tokenizer.json or tokenizer.json.gz, if there is one. */
export async function readTokenizerFile(folder: string): Promise<string | undefined> {
  const plain = join(folder, 'tokenizer.json');
  if (existsSync(plain)) return readFile(plain, 'utf8');
  const compressed = `${plain}.gz`;
  return existsSync(compressed) ? gunzipSync(await readFile(compressed)).toString('utf8') : undefined;
}

/** What a tokenizer is made of: the JSON beside the model, else the vocabulary inside it. */
export async function tokenizerSource(model: ModelFile): Promise<TokenizerSource> {
  const text = await readTokenizerFile(model.folder);
  if (text !== undefined) return parseJson(text, model.folder);
  if (model.vocab) return model.vocab;
  throw new ModelFileError(`Whisper.load: expected a tokenizer.json beside the model in ${model.folder}, got none`);
}

function parseJson(text: string, folder: string): TokenizerSource {
  try {
    return JSON.parse(text) as TokenizerSource;
  } catch (cause) {
    throw new ModelFileError(`Whisper.load: expected JSON in the tokenizer of ${folder}, got ${cause}`, { cause });
  }
}
