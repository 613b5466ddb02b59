// Plain text, a line a segment. Source: openai/whisper utils.py, WriteTXT.

import { strip } from '../python.ts';
import type { TranscriptionResult } from './result.ts';

export function renderTxt(result: TranscriptionResult): string {
  return result.segments.map(({ text }) => `${strip(text)}\n`).join('');
}
