// The whole result as Python's json.dump writes it, byte for byte. Source: openai/whisper utils.py, WriteJSON.

import { floatRepr, jsonString } from '../python.ts';
import type { Segment, TranscriptionResult, Word } from './result.ts';

/** Members in OpenAI's order, `words` where a segment has them. A float that is no number comes out as `NaN`. */
export function renderJson({ text, segments, language }: TranscriptionResult): string {
  return object([
    ['text', jsonString(text)],
    ['segments', array(segments.map(segmentJson))],
    ['language', jsonString(language)],
  ]);
}

function segmentJson(segment: Segment): string {
  return object([
    ['id', String(segment.id)],
    ['seek', String(segment.seek)],
    ['start', floatRepr(segment.start)],
    ['end', floatRepr(segment.end)],
    ['text', jsonString(segment.text)],
    ['tokens', array(segment.tokens.map(String))],
    ['temperature', floatRepr(segment.temperature)],
    ['avg_logprob', floatRepr(segment.avg_logprob)],
    ['compression_ratio', floatRepr(segment.compression_ratio)],
    ['no_speech_prob', floatRepr(segment.no_speech_prob)],
    ...(segment.words ? [['words', array(segment.words.map(wordJson))] as const] : []),
  ]);
}

function wordJson({ word, start, end, probability }: Word): string {
  return object([
    ['word', jsonString(word)],
    ['start', floatRepr(start)],
    ['end', floatRepr(end)],
    ['probability', floatRepr(probability)],
  ]);
}

function object(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `"${name}": ${json}`).join(', ')}}`;
}

function array(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}
