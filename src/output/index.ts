// The writers, by format: one line each.

import { parse } from 'node:path';
import type { Writable } from 'node:stream';
import { OptionError } from '../errors.ts';
import { renderCsv } from './csv.ts';
import { renderJson } from './json.ts';
import { renderLrc } from './lrc.ts';
import type { WriterOptions } from './options.ts';
import type { TranscriptionResult } from './result.ts';
import { renderSrt } from './srt.ts';
import { renderTsv } from './tsv.ts';
import { renderTxt } from './txt.ts';
import { renderVtt } from './vtt.ts';
import { renderWhisperCppJson, renderWhisperCppJsonFull } from './whisper_cpp_json.ts';
import { writeText } from './write_text.ts';

export type { CueOptions, WhisperCppDetails, WriterOptions } from './options.ts';
export type { Segment, TranscriptionResult, Word } from './result.ts';
export { formatTimestamp, type TimestampOptions } from './timestamp.ts';

/** One file format: the whole text of a file, and how its name ends. */
export interface Writer {
  readonly extension: string;
  readonly render: (result: TranscriptionResult, options?: WriterOptions) => string;
}

export type OutputFormat = 'txt' | 'vtt' | 'srt' | 'tsv' | 'json' | 'lrc' | 'csv' | 'cpp_json' | 'cpp_json_full';

/** openai/whisper's five, then whisper.cpp's. */
export const writers: Readonly<Record<OutputFormat, Writer>> = {
  txt: { extension: 'txt', render: renderTxt },
  vtt: { extension: 'vtt', render: renderVtt },
  srt: { extension: 'srt', render: renderSrt },
  tsv: { extension: 'tsv', render: renderTsv },
  json: { extension: 'json', render: renderJson },
  lrc: { extension: 'lrc', render: renderLrc },
  csv: { extension: 'csv', render: renderCsv },
  cpp_json: { extension: 'cpp.json', render: renderWhisperCppJson },
  cpp_json_full: { extension: 'cpp.json', render: renderWhisperCppJsonFull },
};

/**
 * Write `result` to a path or stream. A file is written whole or not at all; a stream stays open. Throws OptionError
 * for an unknown format or options that do not fit the result, before anything is written.
 */
export async function writeResult(
  result: TranscriptionResult,
  format: OutputFormat,
  target: string | Writable,
  options: WriterOptions = {},
): Promise<void> {
  await writeText(target, writerOf(format).render(result, options));
}

/** The file name of an audio file's result: its own, with the last extension changed. */
export function outputName(audioPath: string, format: OutputFormat): string {
  return `${parse(audioPath).name}.${writerOf(format).extension}`;
}

function writerOf(format: OutputFormat): Writer {
  if (Object.hasOwn(writers, format)) return writers[format];
  throw new OptionError(`output: expected a format of ${Object.keys(writers).join(', ')}, got '${format}'`);
}
