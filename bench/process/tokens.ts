// Counts tokens of every engine's text alike.

import { openModel } from '../../src/formats/detect.ts';
import { loadTokenizer, type Tokenizer } from '../../src/text/tokenizer.ts';
import { findModel, tokenizerSource } from '../../src/whisper/model_folder.ts';

export async function englishTokenizer(): Promise<Tokenizer> {
  const model = await openModel(findModel('tiny.en'));
  try {
    return loadTokenizer(await tokenizerSource(model), model.dims);
  } finally {
    await model.file.close();
  }
}
