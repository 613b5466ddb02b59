// Lyrics with a time before each line. Source: whisper.cpp examples/cli/cli.cpp, output_lrc.

import type { TranscriptionResult } from './result.ts';
import { centiseconds } from './timestamp.ts';

/** `[MM:SS.cc]text`; minutes go on past an hour. Throws OptionError for a time that is negative or no number. */
export function renderLrc(result: TranscriptionResult): string {
  const lines = result.segments.map(({ start, text }) => `[${lrcTime(start)}]${text.replace(/[\r\n]+/g, ' ')}\n`);
  return `[by:whisper-wgsl]\n${lines.join('')}`;
}

function lrcTime(seconds: number): string {
  const cs = centiseconds(seconds);
  const parts = [Math.floor(cs / 6000), Math.floor(cs / 100) % 60, cs % 100].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${parts[0]}:${parts[1]}.${parts[2]}`;
}
