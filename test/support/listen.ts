// Everything that the host learns from an engine of the tiny model, by name: two windows decoded in every way that the engine has room for,
// or several files in lockstep. Phases run in the order of a transcription, which is not the timeline's.

import type { Tokenizer } from '../../src/text/tokenizer.ts';
import { type DecodingTask, decodeWindow } from '../../src/whisper/decoding.ts';
import type { WhisperEngine } from '../../src/whisper/engine.ts';
import { windowFrames, windowSamples } from '../../src/whisper/model.ts';
import { resolveOptions } from '../../src/whisper/options.ts';
import { transcribeFiles } from '../../src/whisper/transcribe_files.ts';
import { chirp, TINY_DIMS } from './tiny_whisper.ts';

export type Heard = Map<string, unknown>;

const IDS = { eot: 50256, timestampBegin: 50363, noTimestamps: 50362, blank: 220 };
const RULES = { ...IDS, withTimestamps: true, suppressBlank: true, maxInitialTimestamp: 50413, seed: 3 };
const PROMPT = { previous: [50360, 11, 22, 33], sot: [50257, 44] };
/** Longer than a prefill pass. */
const LONG = { previous: [50360, ...Array.from({ length: 19 }, (_, i) => 100 + i)], sot: [50257] };

function task(more: Partial<DecodingTask>, temperature = 0): DecodingTask {
  return { prompt: PROMPT, suppressed: [1, 2, 7], sampleLength: 5, rules: { ...RULES, temperature }, ...more };
}

/** The maximum of the file, then windows: prompts that go on after the probe, one decoding after another, and an alignment. */
export async function listen(engine: WhisperEngine): Promise<Heard> {
  const { executor, options } = engine;
  const length = windowSamples(TINY_DIMS);
  const windows = [chirp(length), chirp(2 * length).subarray(length)];
  const heard: Heard = new Map();
  await engine.resetMel();
  for (const samples of windows) await engine.mel(samples);
  for (const [i, samples] of windows.entries()) {
    const note = (what: string, value: unknown) => heard.set(`window ${i}: ${what}`, value);
    await engine.mel(samples);
    await engine.encode(windowFrames(TINY_DIMS));
    note('features', new Float32Array((await executor.read('features')).buffer));
    await engine.prefill([50257], 0);
    note('logits', await engine.logits(0, TINY_DIMS.n_vocab));
    const greedy = await decodeWindow(engine, task({}));
    note('greedy', greedy);
    note('ring', await executor.read('ring', 0, 8 * greedy.tokens.length)); // what follows was never written
    note('words', await engine.align([...PROMPT.sot, ...greedy.tokens, ...greedy.tokens, IDS.eot]));
    if (i > 0) continue; // the rest once, before a window that follows
    note('samples', await decodeWindow(engine, task({ bestOf: options.batch, prompt: LONG }, 0.7)));
    if (options.batch === 1) continue;
    note('beams', await decodeWindow(engine, task({ beamSize: options.batch })));
    note('alternatives', await decodeWindow(engine, task({ alternatives: 2, prompt: LONG })));
  }
  return heard;
}

const tone = (seconds: number, pitch: number) =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.1 * Math.sin(i / pitch) * Math.sin(i / 900));

/** Windows of files of several lengths, so that slots fall idle; every window is decoded at two temperatures. */
export async function listenTogether(engine: WhisperEngine, tokenizer: Tokenizer): Promise<Heard> {
  const files = [tone(2.4, 7), tone(1, 11), tone(1.2, 5), tone(2.4, 13)];
  const given = {
    temperature: [0, 0.4],
    logprobThreshold: 0,
    noSpeechThreshold: null,
    withoutTimestamps: true,
    sampleLength: 5,
  } as const;
  const options = resolveOptions(given, tokenizer, engine.options);
  const settled = await transcribeFiles(engine, tokenizer, files, options, ({ windows }) => windows);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return new Map(settled.map((one, i) => [`file ${i}`, one.status === 'fulfilled' && one.value]));
}
