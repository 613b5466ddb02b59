// WebVTT subtitles. Source: openai/whisper utils.py, WriteVTT.

import { cues } from './cues.ts';
import type { CueOptions } from './options.ts';
import type { TranscriptionResult } from './result.ts';
import { formatTimestamp } from './timestamp.ts';

/** Throws OptionError for bad options or times, and when words are asked for and not there. */
export function renderVtt(result: TranscriptionResult, options: CueOptions = {}): string {
  const list = cues(result, options, (seconds) => formatTimestamp(seconds));
  return `WEBVTT\n\n${list.map(({ start, end, text }) => `${start} --> ${end}\n${text}\n\n`).join('')}`;
}
