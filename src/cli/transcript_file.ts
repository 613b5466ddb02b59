// What was said or heard, read out of a file: the words alone of text, subtitles and JSON; or openai's JSON whole.

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { OptionError } from '../errors.ts';
import type { Segment, TranscriptionResult, Word } from '../output/result.ts';
import type { Io } from './io.ts';

export interface Transcript {
  readonly text: string;
  /** Language code, where the file tells. */
  readonly language?: string;
}

/**
 * The words of a .json, .srt or .vtt file, or of one that is nothing but text; `-` is text from stdin.
 * @throws OptionError for a file that cannot be read, or is not what its name says.
 */
export async function readTranscript(path: string, io: Io): Promise<Transcript> {
  const text = await readText(path, io);
  const kind = path === '-' ? '' : extname(path).toLowerCase();
  if (kind === '.json') return jsonTranscript(path, text);
  if (kind === '.srt' || kind === '.vtt') return { text: subtitleText(path, kind, text) };
  if (['.tsv', '.csv', '.lrc'].includes(kind)) throw wrong(path, 'text, .json, .srt or .vtt', kind);
  return { text };
}

/** Everything of a result in openai/whisper's JSON. @throws OptionError for a file that is none. */
export async function readResult(path: string, io: Io): Promise<TranscriptionResult> {
  const result = parseJson(path, await readText(path, io)) as Partial<TranscriptionResult> | null;
  const { text, language, segments } = result ?? {};
  if (typeof text !== 'string' || typeof language !== 'string' || !Array.isArray(segments)) {
    throw wrong(path, "openai/whisper's JSON", 'a value without text, language and segments');
  }
  const odd = segments.findIndex((segment) => !isSegment(segment));
  if (odd >= 0) throw wrong(path, "openai/whisper's segments", `segments[${odd}] with other members`);
  return { text, language, segments };
}

async function readText(path: string, io: Io): Promise<string> {
  try {
    const bytes = await (path === '-' ? buffer(io.stdin) : readFile(path, { signal: io.signal }));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    io.signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new OptionError(`${path}: expected a file of UTF-8 text, got ${code ?? message}`, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OptionError(`${path}: expected JSON, got ${(cause as Error).message}`, { cause });
  }
}

/** openai/whisper's JSON, and ours, or whisper.cpp's. */
function jsonTranscript(path: string, json: string): Transcript {
  const { text, language, transcription, result } = (parseJson(path, json) ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof text === 'string') return { text, ...(typeof language === 'string' && { language }) };
  const parts = Array.isArray(transcription)
    ? transcription.map((part) => (part as { text?: unknown } | null)?.text)
    : [];
  if (!Array.isArray(transcription) || !parts.every((part) => typeof part === 'string')) {
    throw wrong(path, "openai/whisper's JSON or whisper.cpp's", 'a value without text');
  }
  const spoken = (result as { language?: unknown } | undefined)?.language;
  return { text: parts.join(''), ...(typeof spoken === 'string' && { language: spoken }) };
}

const CUE_TIMES = /^\s*(\d+:)?\d+:\d+[.,]\d+\s+-->\s/;

/** Lines of cues, without numbers, times, tags and notes. */
function subtitleText(path: string, kind: '.srt' | '.vtt', text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  const spoken: string[] = [];
  let inCue = false;
  for (const line of lines) {
    if (inCue) spoken.push(line);
    inCue = line.trim() !== '' && (inCue || CUE_TIMES.test(line));
  }
  const begun =
    kind === '.vtt' ? text.startsWith('WEBVTT') : text.trim() === '' || lines.some((line) => CUE_TIMES.test(line));
  if (!begun) throw wrong(path, `the subtitles of a ${kind} file`, 'other text');
  const all = spoken.join('\n');
  if (all.includes('<u>')) {
    throw wrong(path, 'each word once', 'words underlined as --highlight-words does, which repeats the others');
  }
  return all.replace(/<[^<>]*>/g, '');
}

function isSegment(value: unknown): value is Segment {
  const segment = (value ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = ['id', 'seek', 'start', 'end', 'temperature', 'avg_logprob', 'compression_ratio', 'no_speech_prob'];
  const { text, tokens, words } = segment;
  return (
    numbers.every((name) => typeof segment[name] === 'number') &&
    typeof text === 'string' &&
    Array.isArray(tokens) &&
    tokens.every((token) => Number.isInteger(token)) &&
    (words === undefined || (Array.isArray(words) && words.every(isWord)))
  );
}

function isWord(value: unknown): value is Word {
  const { word, start, end, probability } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof word === 'string' && [start, end, probability].every((number) => typeof number === 'number');
}

function wrong(path: string, expected: string, got: string): OptionError {
  return new OptionError(`${path}: expected ${expected}, got ${got}`);
}
