// One clip through one engine for a report on formats of weights: its greedy text, and the logits after each token of a given text.

import { openAudio } from '../audio/index.ts';
import type { WhisperEngine } from './engine.ts';
import type { LoadedEngine } from './load_engine.ts';
import { resolveOptions, type TranscribeOptions } from './options.ts';
import { sotTokens } from './prompt.ts';
import type { Window } from './segments.ts';
import { soleSession } from './session.ts';
import { transcribeAudio } from './transcribe.ts';

/** A window of a clip with the tokens to feed after the prompt's. */
export interface ForcedWindow extends Window {
  readonly sot: readonly number[];
  readonly tokens: readonly number[];
}

/** What an engine heard in a clip. */
export interface Clip {
  readonly text: string;
  readonly language: string;
  readonly windows: readonly ForcedWindow[];
}

/** Logits [n_vocab] of a position, in order of windows and tokens. */
export type OnRow = (row: Float32Array) => void;

export interface Listening {
  /** What another engine heard, whose language is taken and whose tokens are fed; default: what this one hears. */
  readonly heard: Clip | undefined;
  /** Positions at most. */
  readonly most: number;
  readonly onRow: OnRow;
  readonly signal: AbortSignal | undefined;
}

/** @throws AudioError, DeviceError, the signal's reason. */
export async function listen(
  { engine, tokenizer }: LoadedEngine,
  path: string,
  { heard, most, onRow, signal }: Listening,
): Promise<{ readonly clip: Clip; readonly positions: number }> {
  await using audio = await openAudio(path, { signal });
  const session = soleSession(engine, audio, signal);
  const options = resolveOptions(greedy(heard?.language, signal), tokenizer, engine.options);
  const { text, language, windows } = await transcribeAudio(session, tokenizer, audio, options);
  const sot = sotTokens(tokenizer, options, language, engine.dims.n_text_ctx);
  const forced = windows.map(({ seek, frames, attempts }) => ({ seek, frames, sot, tokens: attempts[0]!.tokens }));
  const clip = { text, language, windows: forced };
  let positions = 0;
  for (const window of (heard ?? clip).windows) {
    if (positions >= most) break;
    await session.encode(window.seek, window.frames); // the file's loudest value stands since it was transcribed
    positions += await feed(engine, window, most - positions, onRow, signal);
  }
  return { clip, positions };
}

/**
 * One temperature, and nothing that looks at the text: a mixture's errors are not mended. Windows are cut at pauses, so that they are the
 * same for every engine.
 */
function greedy(language: string | undefined, signal: AbortSignal | undefined): TranscribeOptions {
  return {
    temperature: 0,
    conditionOnPreviousText: false,
    withoutTimestamps: true,
    clipTimestamps: 'quiet',
    compressionRatioThreshold: null,
    logprobThreshold: null,
    noSpeechThreshold: null,
    ...(language !== undefined && { language }),
    ...(signal && { signal }),
  };
}

/** A window's tokens, one by one: logits after the prompt and after each. @returns the positions. */
async function feed(
  engine: WhisperEngine,
  { sot, tokens }: ForcedWindow,
  most: number,
  onRow: OnRow,
  signal: AbortSignal | undefined,
): Promise<number> {
  const positions = Math.min(most, tokens.length + 1);
  for (let i = 0; i < positions; i++) {
    if (i === 0) await engine.prefill(sot, 0, signal);
    else await engine.prefill([tokens[i - 1]!], sot.length + i - 1, signal);
    onRow(await engine.logits(0, engine.dims.n_vocab));
  }
  return positions;
}
