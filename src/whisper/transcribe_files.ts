// Many files on one engine, and the clips of a file where they are independent: as many at a time as the engine has audios.

import { type AudioInput, type AudioSource, openAudio } from '../audio/index.ts';
import type { Segment } from '../output/result.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { WhisperEngine } from './engine.ts';
import { Lockstep } from './lockstep.ts';
import type { ResolvedOptions } from './options.ts';
import { FRAMES_PER_SECOND } from './segments.ts';
import { soleSession } from './session.ts';
import {
  beginPart,
  type Heard,
  hearFile,
  joinParts,
  type Listener,
  type Transcription,
  transcribeAudio,
  transcribeClip,
} from './transcribe.ts';

/** Results in the order of the files, made by `report`; a file that fails does not stop the rest. */
export async function transcribeFiles<T>(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  files: readonly AudioInput[],
  options: ResolvedOptions,
  report: (result: Transcription, audio: AudioSource) => T,
): Promise<PromiseSettledResult<T>[]> {
  const lockstep = new Lockstep(engine);
  const one = async (file: AudioInput) => {
    await using audio = await openAudio(file, { signal: options.signal });
    return report(await transcribeFile(engine, tokenizer, audio, options, lockstep), audio);
  };
  const results: PromiseSettledResult<T>[] = [];
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      const index = next++;
      [results[index]] = (await Promise.allSettled([one(files[index]!)])) as [PromiseSettledResult<T>];
    }
  };
  await Promise.all(Array.from({ length: Math.min(engine.options.audios, files.length) }, work));
  return results;
}

/** One file: clip by clip, or all its clips at once where none knows of the one before. The result is the same. */
export async function transcribeFile(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
  lockstep = new Lockstep(engine),
): Promise<Transcription> {
  if (engine.options.audios === 1) {
    return transcribeAudio(soleSession(engine, audio, options.signal), tokenizer, audio, options);
  }
  const file = lockstep.file(audio, options.signal);
  if (options.conditionOnPreviousText) {
    return lockstep.use((slot) => transcribeAudio(file.session(slot), tokenizer, audio, options));
  }
  const heard = await lockstep.use((slot) => hearFile(file.session(slot), tokenizer, audio, options));
  const tell = inOrder(heard, audio.duration);
  const parts = await Promise.allSettled(
    heard.clips.map((clip, i) =>
      lockstep.use(async (slot) => {
        const part = beginPart(heard, i === 0);
        await transcribeClip(file.session(slot), heard, clip, part, tell.listener(i));
        tell.end(i);
        return part;
      }),
    ),
  );
  const failed = parts.find((part) => part.status === 'rejected');
  if (failed) throw failed.reason;
  return joinParts(
    heard,
    parts.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : [])),
  );
}

/** Segments are told in the order of the file, however its clips end; progress counts what is behind in all of them. */
function inOrder(
  { options, clips }: Heard,
  duration: number,
): { listener(clip: number): Listener; end(clip: number): void } {
  const held = clips.map((): Segment[] => []);
  const seeks = clips.map(({ start }) => start);
  const ended = clips.map(() => false);
  let current = 0;
  let told = 0;
  const tell = (segments: Segment[]) => {
    for (const segment of segments.splice(0)) options.onSegment?.({ ...segment, id: told++ });
  };
  return {
    listener: (clip) => ({
      onSegment(segment) {
        held[clip]!.push(segment);
        if (clip === current) tell(held[clip]!);
      },
      onWindow(seek) {
        seeks[clip] = Math.min(seek, clips[clip]!.end);
        const frames = clips.reduce((sum, { start }, i) => sum + seeks[i]! - start, clips[0]!.start);
        options.onProgress?.({ seconds: Math.min(frames / FRAMES_PER_SECOND, duration), duration });
      },
    }),
    end(clip) {
      ended[clip] = true;
      for (; ended[current]; current++) tell(held[current]!);
      if (held[current]) tell(held[current]!);
    },
  };
}
