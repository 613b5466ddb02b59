// Words of a decoded window: the text goes through the decoder once more, for its attention (openai/whisper timing.py find_alignment).

import type { Task, Tokenizer } from '../../text/tokenizer.ts';
import { scoreColumns } from '../decoding_phases.ts';
import type { WhisperEngine } from '../engine.ts';
import type { WindowSegment } from '../segments.ts';
import { findAlignment, type WordTiming } from './alignment.ts';
import { alignmentCost } from './attention_chain.ts';

export interface SpokenText {
  readonly language: string;
  readonly task: Task;
  /** Frames of mel that hold audio. */
  readonly frames: number;
  readonly signal?: AbortSignal | undefined;
}

/** Words of the segments in order; none when they have no text. The engine must have alignment heads and the window still encoded. */
export async function alignWindow(
  engine: WhisperEngine,
  tokenizer: Tokenizer,
  segments: readonly WindowSegment[],
  { language, task, frames, signal }: SpokenText,
): Promise<WordTiming[]> {
  const text = segments.flatMap(({ tokens }) => tokens.filter((token) => token < tokenizer.eot));
  if (text.length === 0) return [];
  const sot = tokenizer.sotSequence({ language, task });
  const tokens = [...sot, tokenizer.no_timestamps, ...text, tokenizer.eot];
  const { scores, probabilities } = await engine.align(tokens, signal);
  const heads = { values: scores, heads: engine.options.alignment.length, tokens: tokens.length };
  const cost = alignmentCost(
    { ...heads, frames: scoreColumns(engine.dims) },
    { sotLength: sot.length, columns: Math.floor(frames / 2) },
  );
  const ofText = probabilities.subarray(sot.length + 1, sot.length + 1 + text.length);
  return findAlignment({ tokens: text, probabilities: ofText, cost }, tokenizer, language);
}
