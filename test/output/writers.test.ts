// Rung: pure. OpenAI's five formats, byte for byte, and any format on any text.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import {
  type OutputFormat,
  outputName,
  type TranscriptionResult,
  type WriterOptions,
  writers,
} from '../../src/output/index.ts';
import { goldenJson, goldenText, oddResult, segment } from './fixtures/results.ts';

interface ManifestFile {
  readonly file: string;
  readonly input: string;
  readonly format: 'txt' | 'vtt' | 'srt' | 'tsv' | 'json';
  readonly options: {
    readonly max_line_width?: number;
    readonly max_line_count?: number;
    readonly max_words_per_line?: number;
    readonly highlight_words?: boolean;
  };
}

const { files } = goldenJson<{ files: ManifestFile[] }>('manifest.json');

test.each(files)('$file', ({ file, input, format, options }) => {
  const result = goldenJson<TranscriptionResult>(input);
  const given: Record<string, unknown> = {
    words: input === 'words.input.json',
    maxLineWidth: options.max_line_width,
    maxLineCount: options.max_line_count,
    maxWordsPerLine: options.max_words_per_line,
    highlightWords: options.highlight_words,
  };
  expect(writers[format].render(result, given)).toBe(goldenText(file));
});

test('words are used when asked for, whatever the first segment has', () => {
  const words = [{ word: ' Hi', start: 1, end: 2, probability: 1 }];
  const cleared = segment({ words: [] });
  const result = (segments: TranscriptionResult['segments']) => ({ text: '', segments, language: 'en' });
  const mixed = result([cleared, segment({ id: 1, start: 1, end: 2, text: ' Hello' })]);
  expect(writers.srt.render(mixed, {})).toContain('\nHello\n');
  expect(() => writers.srt.render(mixed, { words: true })).toThrow(/expected words in every segment .* got none in 1/);
  const worded = result([cleared, segment({ id: 1, start: 1, end: 2, text: ' Hello', words })]);
  expect(writers.vtt.render(worded, { words: true })).toBe('WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\n');
});

test('limits that are no whole numbers above 0 are refused', () => {
  const result = { text: '', segments: [], language: 'en' };
  for (const options of [{ maxLineWidth: 0 }, { maxLineCount: 1.5 }, { maxWordsPerLine: Number.NaN }]) {
    expect(() => writers.vtt.render(result, options)).toThrow(OptionError);
  }
});

const whisperCpp: WriterOptions['whisperCpp'] = {
  systeminfo: 'none',
  model: {
    type: 'tiny',
    multilingual: true,
    vocab: 51865,
    audio: { ctx: 1500, state: 384, head: 6, layer: 4 },
    text: { ctx: 448, state: 384, head: 6, layer: 4 },
    mels: 80,
    ftype: 1,
  },
  params: { model: 'tiny', language: 'en', translate: false },
  tokenBytes: (id) => Uint8Array.of(id & 255),
};

test.each(Object.keys(writers) as OutputFormat[])('%s takes any text and any numbers', (format) => {
  const limits = fc.record({
    words: fc.boolean(),
    highlightWords: fc.boolean(),
    maxLineWidth: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    maxLineCount: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    maxWordsPerLine: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(oddResult(fc.double()), limits, (result, options) => {
      const segments = result.segments.map((one) => ({ ...one, token_probabilities: one.tokens.map(() => 0.5) }));
      const given: Record<string, unknown> = { ...options, whisperCpp };
      const text = writers[format].render({ ...result, segments }, given);
      expect(text).not.toContain('undefined');
      if (format === 'tsv') expect(text.split('\n').length).toBeGreaterThan(segments.length);
      if (format === 'json') expect(text).toMatch(/^[ -~]*$/); // ASCII on one line
      if (format.startsWith('cpp_json')) expect(JSON.parse(text).transcription.length).toBe(segments.length);
    }),
  );
});

test('JSON reads back as what it was given', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(oddResult(finite), (result) => {
      expect(JSON.parse(writers.json.render(result))).toEqual(result);
    }),
  );
});

test('a result is named after its audio', () => {
  expect(outputName('/a/b/talk.one.mp3', 'srt')).toBe('talk.one.srt');
  expect(outputName('talk', 'cpp_json')).toBe('talk.cpp.json');
  expect(outputName('.hidden', 'txt')).toBe('.hidden.txt');
  expect(() => outputName('a.wav', 'docx' as OutputFormat)).toThrow(/expected a format of txt, vtt/);
});
