// Tab-separated segments, times in whole milliseconds. Source: openai/whisper utils.py, WriteTSV.

import { strip } from '../python.ts';
import type { TranscriptionResult } from './result.ts';
import { milliseconds } from './timestamp.ts';

/** Throws OptionError for a time that is negative or no number. */
export function renderTsv(result: TranscriptionResult): string {
  const rows = result.segments.map(
    ({ start, end, text }) => `${milliseconds(start)}\t${milliseconds(end)}\t${strip(text).replaceAll('\t', ' ')}\n`,
  );
  return `start\tend\ttext\n${rows.join('')}`;
}
