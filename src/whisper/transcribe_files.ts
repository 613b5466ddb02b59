// Many files on one engine: as many workers as it has audios take file after file, and decode together.

import { type AudioInput, type AudioSource, openAudio } from '../audio/index.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { WhisperEngine } from './engine.ts';
import { Lockstep } from './lockstep.ts';
import type { ResolvedOptions } from './options.ts';
import { soleSession } from './session.ts';
import { type Transcription, transcribeAudio } from './transcribe.ts';

/** Results in the order of the files, made by `report`; a file that fails does not stop the rest. */
export async function transcribeFiles<T>(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  files: readonly AudioInput[],
  options: ResolvedOptions,
  report: (result: Transcription, audio: AudioSource) => T,
): Promise<PromiseSettledResult<T>[]> {
  const workers = Math.min(engine.options.audios, files.length);
  const lockstep = new Lockstep(engine, workers);
  const one = async (file: AudioInput, slot: number) => {
    await using audio = await openAudio(file, { signal: options.signal });
    const { signal } = options;
    const alone = engine.options.audios === 1;
    const session = alone ? soleSession(engine, audio, signal) : lockstep.session(slot, audio, signal);
    return report(await transcribeAudio(session, tokenizer, audio, options), audio);
  };
  const results: PromiseSettledResult<T>[] = [];
  let next = 0;
  const work = async (slot: number) => {
    while (next < files.length) {
      const index = next++;
      [results[index]] = (await Promise.allSettled([one(files[index]!, slot)])) as [PromiseSettledResult<T>];
    }
    lockstep.leave();
  };
  await Promise.all(Array.from({ length: workers }, (_, slot) => work(slot)));
  return results;
}
