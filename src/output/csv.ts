// Comma-separated segments, times in milliseconds, text in quotes. Source: whisper.cpp examples/cli/cli.cpp, output_csv.

import type { TranscriptionResult } from './result.ts';
import { centiseconds } from './timestamp.ts';

/** Throws OptionError for a time that is negative or no number. */
export function renderCsv(result: TranscriptionResult): string {
  const rows = result.segments.map(
    ({ start, end, text }) => `${10 * centiseconds(start)},${10 * centiseconds(end)},"${text.replaceAll('"', '""')}"\n`,
  );
  return `start,end,text\n${rows.join('')}`;
}
