// SubRip subtitles. Source: openai/whisper utils.py, WriteSRT.

import { cues } from './cues.ts';
import type { CueOptions } from './options.ts';
import type { TranscriptionResult } from './result.ts';
import { formatTimestamp } from './timestamp.ts';

/** Throws OptionError for bad options or times, and when words are asked for and not there. */
export function renderSrt(result: TranscriptionResult, options: CueOptions = {}): string {
  const format = (seconds: number) => formatTimestamp(seconds, { alwaysIncludeHours: true, decimalMarker: ',' });
  return cues(result, options, format)
    .map(({ start, end, text }, index) => `${index + 1}\n${start} --> ${end}\n${text}\n\n`)
    .join('');
}
