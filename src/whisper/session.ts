// How the seek loop of one file gets at the engine: alone here, in turns with other files in lockstep.ts.

import type { AudioSource } from '../audio/index.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type DecodedTokens, type DecodingTask, decodeWindow } from './decoding.ts';
import type { WhisperEngine } from './engine.ts';
import { type DetectedLanguage, detectLanguage } from './language.ts';
import { findLoudest, readWindow } from './mel.ts';
import { windowFrames } from './model.ts';

export interface Session {
  readonly engine: WhisperEngine;
  /** Finds the loudest value of the file, which every window is clamped against. Comes first. */
  listen(): Promise<void>;
  /**
   * The language of the first 30 s. The window's tail is filled with silence as openai's is here, not with the zeros that decoding uses.
   */
  language(tokenizer: Tokenizer): Promise<DetectedLanguage>;
  /** Encodes the window at frame `seek`, of which `frames` hold audio. */
  encode(seek: number, frames: number): Promise<void>;
  /** Decodes the window encoded last. */
  decode(task: DecodingTask): Promise<DecodedTokens>;
}

/** The engine to itself. */
export function soleSession(engine: WhisperEngine, audio: AudioSource, signal?: AbortSignal): Session {
  /** The mel of the first window stands on the device. */
  let melStands = false;
  const mel = async (seek: number) => engine.mel(await readWindow(audio, seek, engine.dims), signal);
  return profiled({
    engine,
    async listen() {
      melStands = await findLoudest(engine, audio, signal);
    },
    async language(tokenizer) {
      melStands = false;
      await mel(0);
      await engine.encode(windowFrames(engine.dims), signal);
      return detectLanguage(engine, tokenizer, signal);
    },
    async encode(seek, frames) {
      if (!melStands || seek !== 0) await mel(seek);
      melStands = false;
      await engine.encode(frames, signal);
    },
    decode: (task) => decodeWindow(engine, task),
  });
}

/** The same, with its calls in the profile where the engine keeps one. */
export function profiled(session: Session): Session {
  const { profiler } = session.engine;
  if (!profiler) return session;
  return {
    engine: session.engine,
    listen: () => profiler.call('listen', () => session.listen()),
    language: (tokenizer) => profiler.call('language', () => session.language(tokenizer)),
    encode: (seek, frames) => profiler.call('encode', () => session.encode(seek, frames)),
    decode: (task) => profiler.call('decode', () => session.decode(task)),
  };
}
