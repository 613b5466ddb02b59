// One audio through our engine, held against what openai/whisper made of it.

import type { AudioSource } from '../../audio/index.ts';
import type { TranscriptionResult } from '../../output/result.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import type { Candidate } from '../beam_search.ts';
import type { DecodingTask } from '../decoding.ts';
import type { WhisperEngine } from '../engine.ts';
import type { ResolvedOptions } from '../options.ts';
import { soleSession } from '../session.ts';
import { type Transcription, transcribeAudio } from '../transcribe.ts';
import { type Divergence, findDivergence, type TokenDivergence } from './divergence.ts';
import { rankNext } from './ranking.ts';
import { type ValueDifference, valueDifferences } from './values.ts';

export interface Parity {
  readonly ours: Transcription;
  /** Absent where windows, temperatures and tokens are the same. */
  readonly divergence: Divergence | undefined;
  /** Of a token's divergence: all tokens that the rules allow in its place, most probable first, by our logits; none beyond the context. */
  readonly candidates: readonly Candidate[];
  /** Times, text, scores and words that differ in segments before the divergence. */
  readonly values: readonly ValueDifference[];
}

/**
 * Transcribes, and looks for the first difference. `options` must be those that `openai` was made with.
 * @throws as transcribeAudio.
 */
export async function checkParity(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  audio: AudioSource,
  options: ResolvedOptions,
  openai: TranscriptionResult,
): Promise<Parity> {
  const session = soleSession(engine, audio, options.signal);
  const tasks: DecodingTask[] = [];
  const decode = (task: DecodingTask) => {
    tasks.push(task);
    return session.decode(task);
  };
  const ours = await transcribeAudio({ ...session, decode }, tokenizer, audio, options);
  const divergence = findDivergence(openai, ours, tokenizer);
  const rank = async ({ window, step }: TokenDivergence) => {
    // A task for each attempt, window after window; the last attempt's result stands.
    const before = ours.windows.slice(0, ours.windows.indexOf(window) + 1);
    const task = tasks[before.reduce((count, { attempts }) => count + attempts.length, 0) - 1]!;
    await session.encode(window.seek, window.frames);
    return rankNext(engine, task, window.attempts.at(-1)!.tokens.slice(0, step));
  };
  return {
    ours,
    divergence,
    candidates: divergence?.kind === 'token' ? await rank(divergence) : [],
    values: valueDifferences(openai, ours, divergence?.segmentsBefore ?? Number.POSITIVE_INFINITY),
  };
}
