// Rung: pure. whisper.cpp's formats against what its own output functions wrote for the same segments.

import { expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { type TranscriptionResult, type WhisperCppDetails, writers } from '../../src/output/index.ts';
import { goldenJson, goldenText, segment } from './fixtures/results.ts';

interface Input {
  readonly result: TranscriptionResult;
  readonly whisperCpp: WhisperCppDetails;
  /** Bytes in base64 by id. */
  readonly token_bytes: Readonly<Record<string, string>>;
}

const { result, whisperCpp, token_bytes } = goldenJson<Input>('cpp.input.json');
const tokenBytes = (id: number) => Buffer.from(token_bytes[id]!, 'base64');

test('csv', () => {
  expect(writers.csv.render(result)).toBe(goldenText('cpp.default.csv'));
});

test('lrc, but for who made it', () => {
  const golden = goldenText('cpp.default.lrc').replace('[by:whisper.cpp]', '[by:whisper-wgsl]');
  expect(writers.lrc.render(result)).toBe(golden);
});

test('lrc stays a line a segment', () => {
  const broken = { ...result, segments: [segment({ start: 6000.004, text: ' a\r\nb' })] };
  expect(writers.lrc.render(broken)).toBe('[by:whisper-wgsl]\n[100:00.00] a b\n');
});

test('JSON', () => {
  expect(writers.cpp_json.render(result, { whisperCpp })).toBe(goldenText('cpp.cpp_json.json'));
});

test('full JSON: members, order and values; the layout of no tokens and of small numbers differs', () => {
  const text = writers.cpp_json_full.render(result, { whisperCpp: { ...whisperCpp, tokenBytes } });
  expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(goldenJson('cpp.cpp_json_full.json')));
});

test('text that would break whisper.cpp’s JSON is escaped', () => {
  const odd = { ...result, segments: [segment({ text: 'a\n\t"b"\\' })] };
  expect(JSON.parse(writers.cpp_json.render(odd, { whisperCpp })).transcription[0].text).toBe('a\n\t"b"\\');
});

test('a character cut at the end of a segment, and bytes that begin none', () => {
  const bytes = [[0xe4, 0xbb], [0x8a], [0xff], [0x41], [0xf0, 0x9f]];
  const odd = segment({ tokens: [0, 1, 2, 3, 4], token_probabilities: [0.1, 0.2, 0.3, 0.4, 0.5] });
  const details = { ...whisperCpp, tokenBytes: (id: number) => Uint8Array.from(bytes[id]!) };
  const text = writers.cpp_json_full.render({ ...result, segments: [odd] }, { whisperCpp: details });
  const tokens: { text: string; id: number }[] = JSON.parse(text).transcription[0].tokens;
  expect(tokens.map(({ text: piece, id }) => [piece, id])).toEqual([
    ['今', 0],
    ['\ufffd', 2],
    ['A', 3],
    ['\ufffd', 4],
  ]);
});

test('what the file needs and was not given is asked for', () => {
  expect(() => writers.cpp_json.render(result, {})).toThrow(OptionError);
  expect(() => writers.cpp_json_full.render(result, { whisperCpp })).toThrow(/whisperCpp.tokenBytes/);
  const bare = { ...result, segments: [segment({ tokens: [1] })] };
  expect(() => writers.cpp_json_full.render(bare, { whisperCpp: { ...whisperCpp, tokenBytes } })).toThrow(
    /token_probabilities of all 1 tokens in segment 0, got none/,
  );
});
