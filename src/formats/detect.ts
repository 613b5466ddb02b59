// Opening a model by what is in it: a folder (ours, Hugging Face's, CTranslate2's) or one file (safetensors or their
// index, whisper.cpp's, openai's .pt, CTranslate2's model.bin). The first bytes of a file decide, not its name.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelFileError } from '../errors.ts';
import { CTRANSLATE2_SCALE_SUFFIX, openCTranslate2, readCTranslate2Vocab } from './ctranslate2.ts';
import { type DeclaredDims, dimsFromConfig } from './dims.ts';
import { GGML_MAGIC, type MelFilters, openGgml } from './ggml.ts';
import { exists, type JsonObject, readJsonObject } from './json.ts';
import { type ModelFile, readContent } from './model_file.ts';
import { detectLayout, type NameLayout } from './names.ts';
import { OWN_FORMAT, OWN_SCALES_SUFFIX, ownDims } from './own_format.ts';
import { openPt } from './pt.ts';
import { messageOf, openRandomFile } from './random_file.ts';
import { openSafetensors, openShardedSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensor_table.ts';

const ZIP_MAGIC = 0x04034b50;
const OPEN_BRACE = 0x7b;
// In a folder, the first of these that is there.
const FOLDER_FILES = ['model.safetensors', 'model.safetensors.index.json', 'model.bin', 'pytorch_model.bin'];

type FileFormat = TensorFile['format'] | 'safetensors index';

/** What an opener knows besides the table. */
interface Description {
  readonly format?: ModelFile['format'];
  readonly layout: NameLayout;
  readonly scaleSuffix?: string;
  readonly declared: readonly (DeclaredDims | undefined)[];
  readonly config?: JsonObject | undefined;
  readonly vocab?: readonly Uint8Array[] | undefined;
  readonly mel_filters?: MelFilters;
}

/**
 * Open a Whisper model, folder or file. The caller closes `file`. Throws ModelFileError when there is none of a known
 * format at `path`, or a damaged or inconsistent one; whatever was opened is closed then.
 */
export async function openModel(path: string): Promise<ModelFile> {
  const modelPath = await findModelFile(path);
  return OPENERS[await detectFormat(modelPath)](modelPath);
}

// Each reads the table, then (in `assemble`) matches it with OpenAI's names.
const OPENERS: Readonly<Record<FileFormat, (path: string) => Promise<ModelFile>>> = {
  safetensors: async (path) => openSafetensorsModel(path, await openSafetensors(path)),
  'safetensors index': async (path) => openSafetensorsModel(path, await openShardedSafetensors(path)),
  ggml: async (path) => {
    const { file, dims, vocab, mel_filters } = await openGgml(path);
    return assemble(path, file, async () => ({ layout: 'openai', declared: [dims], vocab, mel_filters }));
  },
  ctranslate2: async (path) => {
    const { file, dims } = await openCTranslate2(path);
    return assemble(path, file, async () => ({
      layout: 'ctranslate2',
      scaleSuffix: CTRANSLATE2_SCALE_SUFFIX,
      declared: [dims],
      config: (await configBeside(path)).config,
      vocab: await readCTranslate2Vocab(dirname(path)),
    }));
  },
  pt: async (path) => {
    const { file, dims } = await openPt(path);
    return assemble(path, file, async () => {
      const layout = detectLayout([...file.tensors.keys()], path);
      if (dims) return { layout, declared: [dims] }; // openai's: complete in itself
      const { config, declared } = await configBeside(path);
      return { layout, declared: [declared], config };
    });
  },
};

/** Ours if the metadata says so, else by its names. */
function openSafetensorsModel(path: string, file: TensorFile): Promise<ModelFile> {
  return assemble(path, file, async () => {
    const { config, declared } = await configBeside(path);
    if (file.metadata['format'] === OWN_FORMAT) {
      const own = ownDims(path, file.metadata);
      return {
        format: OWN_FORMAT,
        layout: 'openai',
        scaleSuffix: OWN_SCALES_SUFFIX,
        declared: [own, declared],
        config,
      };
    }
    return { layout: detectLayout([...file.tensors.keys()], path), declared: [declared], config };
  });
}

/** The model of an open file, which is closed if anything about it is wrong. */
async function assemble(path: string, file: TensorFile, describe: () => Promise<Description>): Promise<ModelFile> {
  try {
    const { format, layout, scaleSuffix, declared, config, vocab, mel_filters } = await describe();
    const said = declared.filter((each) => each !== undefined);
    const content = readContent(path, file, layout, scaleSuffix, said);
    return { format: format ?? file.format, ...content, file, folder: dirname(path), config, vocab, mel_filters };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** config.json of the same folder, and the dimensions it states. Absent is allowed. */
async function configBeside(path: string): Promise<Pick<Description, 'config'> & { declared?: DeclaredDims }> {
  const configPath = join(dirname(path), 'config.json');
  if (!(await exists(configPath))) return {};
  const config = await readJsonObject(configPath);
  if (config['tie_word_embeddings'] === false) {
    throw new ModelFileError(
      `${configPath}: expected tie_word_embeddings not to be false because Whisper's logits use the embedding, got false`,
    );
  }
  return { config, declared: dimsFromConfig(config, configPath) };
}

/** The file to open for a path that may be a folder. */
async function findModelFile(path: string): Promise<string> {
  const found = await stat(path).catch((cause) => {
    throw new ModelFileError(`${path}: expected a model file or folder, got ${messageOf(cause)}`, { cause });
  });
  if (!found.isDirectory()) return path;
  for (const name of FOLDER_FILES) {
    if (await exists(join(path, name))) return join(path, name);
  }
  throw new ModelFileError(`${path}: expected one of ${FOLDER_FILES.join(', ')} in the folder, got none`);
}

/** By the first bytes: magic numbers, a JSON header behind a length, or CTranslate2's name of the model. */
async function detectFormat(path: string): Promise<FileFormat> {
  const file = await openRandomFile(path);
  try {
    const head = await file.read(0, Math.min(file.size, 17));
    const view = new DataView(head.buffer);
    const magic = head.length >= 4 ? view.getUint32(0, true) : 0;
    if (magic === GGML_MAGIC) return 'ggml';
    if (magic === ZIP_MAGIC) return 'pt';
    if (head[8] === OPEN_BRACE) return 'safetensors'; // after the u64 length
    if (new TextDecoder().decode(head.subarray(6)) === 'WhisperSpec') return 'ctranslate2'; // after version and length
    if (head[0] === OPEN_BRACE) return 'safetensors index';
    const hex = [...head.subarray(0, 9)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new ModelFileError(
      `${path}: expected safetensors, a whisper.cpp model, a torch zip (1.6 or later) or CTranslate2's model.bin of a ` +
        `Whisper, got a file that begins with bytes ${hex || '(none)'}`,
    );
  } finally {
    await file.close();
  }
}
