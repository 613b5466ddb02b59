// Rung: model. `parity`: our own result is identical; one with a changed token, time or temperature parts where it was changed, with the
// log-probability that the decoding itself gave; a golden of openai's is identical with f16 weights. The other tests' model has no sense.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import type { TranscriptionResult } from '../../src/output/result.ts';
import { type LoadedEngine, loadEngine } from '../../src/whisper/load_engine.ts';
import { type ResolvedOptions, resolveOptions } from '../../src/whisper/options.ts';
import { checkParity } from '../../src/whisper/parity/check.ts';
import type { Transcription } from '../../src/whisper/transcribe.ts';
import { clipPath } from '../support/golden_case.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';
import { realModel } from '../support/weights.ts';
import { cli } from './in_process.ts';

const GREEDY = ['--beam-size', 'None', '--best-of', 'None', '--temperature-increment-on-fallback', 'None'];
const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-parity-'));
const model = join(folder, 'model');
const clip = clipPath({ clip: 'lv0880' });
beforeAll(() => writeTinyModel(model));
afterAll(() => rmSync(folder, { recursive: true }));

/** `result` with a change to one segment. */
function withSegment(
  result: TranscriptionResult,
  index: number,
  change: Partial<TranscriptionResult['segments'][number]>,
): TranscriptionResult {
  return { ...result, segments: result.segments.with(index, { ...result.segments[index]!, ...change }) };
}

describe.each([1, 2])('[device] the ranking of what may come next, with %i sequences', (sequences) => {
  let loaded: LoadedEngine;
  let options: ResolvedOptions;
  let ours: Transcription;
  beforeAll(async () => {
    loaded = await loadEngine(model, { sequences });
    const given = { temperature: 0, clipTimestamps: [0, 1, 1, 2, 2, 3], noSpeechThreshold: null };
    const beams = sequences > 1 ? { beamSize: sequences } : {};
    options = resolveOptions({ ...given, ...beams }, loaded.tokenizer, loaded.engine.options);
    ({ ours } = await against({ text: '', segments: [], language: 'en' }));
  });
  afterAll(() => loaded[Symbol.asyncDispose]());

  const against = async (openai: TranscriptionResult) => {
    await using audio = await openAudio(clip);
    return await checkParity(loaded.engine, loaded.tokenizer, audio, options, openai);
  };

  it.each([0, 1, 2])('at step %i of a window before the last: as the decoding scored it', async (step) => {
    const index = ours.segments.findIndex(({ seek }) => seek === 100);
    const { tokens } = ours.segments[index]!;
    const wrong = tokens[step]! + 1;
    const openai = withSegment(ours, index, { tokens: tokens.with(step, wrong), avg_logprob: 1 });
    const { divergence, candidates, values } = await against(openai);
    expect(divergence).toMatchObject({ kind: 'token', step, ours: tokens[step], openai: wrong, segmentsBefore: index });
    expect(values).toEqual([]); // scores of the window that parts are no news
    const [attempt] = ours.windows[1]!.attempts;
    const picked = candidates.find(({ token }) => token === tokens[step])!;
    expect(picked.logprob).toBeCloseTo(attempt!.logprobs[step]!, 3);
    expect(candidates.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 3);
    expect(candidates.some(({ token }) => token === loaded.tokenizer.sot)).toBe(false); // rules hold
  });

  it('at the first step: timestamps up to 1 s', async () => {
    const openai = withSegment(ours, 0, { tokens: ours.segments[0]!.tokens.with(0, 50_000) });
    const { divergence, candidates } = await against(openai);
    expect(divergence).toMatchObject({ kind: 'token', step: 0, openai: 50_000 });
    const begin = loaded.tokenizer.timestamp_begin;
    expect(candidates.map(({ token }) => token).sort()).toEqual(Array.from({ length: 51 }, (_, i) => begin + i));
  });
});

describe('[device] parity', () => {
  const args = [...GREEDY, '--model', model, '--no-speech-threshold', 'None', '--clip-timestamps', '0,1,1,2,2,3'];
  let result: TranscriptionResult;
  beforeAll(async () => {
    const { out } = await cli(['transcribe', clip, ...args, '--output-format', 'json', '--quiet']);
    result = JSON.parse(out) as TranscriptionResult;
  });

  const parity = (openai: unknown, ...more: string[]) => {
    writeFileSync(join(folder, 'openai.json'), JSON.stringify(openai));
    return cli(['parity', clip, join(folder, 'openai.json'), ...args, ...more]);
  };

  it('our own result is identical: code 0', async () => {
    const tokens = result.segments.reduce((sum, segment) => sum + segment.tokens.length, 0);
    expect(new Set(result.segments.map(({ seek }) => seek))).toEqual(new Set([0, 100, 200]));
    const { code, out, err } = await parity(result);
    expect({ code, out }).toEqual({
      code: 0,
      out: `identical: ${result.segments.length} segments, ${tokens} tokens, scores within 0.001\n`,
    });
    expect(err).toMatch(/ on '.+'/);
  });

  it('a changed token parts in its window: code 1', async () => {
    const index = result.segments.findIndex(({ seek }) => seek === 100);
    const { tokens } = result.segments[index]!;
    const openai = withSegment(result, index, { tokens: tokens.with(1, 11) });
    const { code, out } = await parity(openai, '--quiet');
    expect(code).toBe(1);
    expect(out).toMatch(/^the tokens differ at step 1 of the window at 1.00 s \(seek 100\), temperature 0/);
    expect(out).toMatch(/^openai {7}"," \(11\), log-probability -\d+\.\d{4}, rank \d+$/m);
    expect(out).toMatch(/^margin {7}\d+\.\d{4} between our best and second$/m);
    expect(out).toMatch(new RegExp(`^before it {4}${index} segments, \\d+ tokens: the same$`, 'm'));
    const report = JSON.parse((await parity(openai, '--json', '--quiet')).out);
    expect(report).toMatchObject({
      ...{ identical: false, segments_before: index, values: [] },
      divergence: { kind: 'token', step: 1, ours: { token: tokens[1] }, openai: { token: 11, text: ',' } },
    });
    expect(report.divergence.best[0].logprob - report.divergence.best[1].logprob).toBeCloseTo(report.divergence.margin);
  });

  it('a changed time, temperature, end or language: code 1, and what it is', async () => {
    const last = result.segments.length - 1;
    const said = async (openai: unknown) => {
      const { code, out } = await parity(openai, '--quiet');
      expect(code).toBe(1);
      return out;
    };
    expect(await said(withSegment(result, last, { end: 99 }))).toMatch(
      /^1 value differs, though all tokens .*\nthe first +segments\[\d+\]\.end: ours .*, openai's 99\n$/,
    );
    expect(await said(withSegment(result, 0, { temperature: 0.4 }))).toMatch(
      /^the temperature differs in the window at 0\.00 s \(seek 0\): ours 0, openai's 0\.4\nours at 0 +average log-probability -/,
    );
    expect(await said({ ...result, segments: result.segments.filter(({ seek }) => seek < 200) })).toMatch(
      /^the next segments are of different windows: ours in the window at 2\.00 s \(seek 200\), openai's at the end\n/,
    );
    expect(await said({ ...result, language: 'de' })).toBe("the language differs: ours en, openai's de\n");
  });

  it('refuses what is no result, and a result whose words the options do not fit: code 2', async () => {
    const words = [{ word: ' a', start: 0, end: 1, probability: 1 }];
    for (const [openai, message] of [
      [{ text: 'a', language: 'en' }, /expected openai\/whisper's JSON/],
      [{ ...result, segments: [{ ...result.segments[0], tokens: ['a'] }] }, /segments\[0\] with other members/],
      [withSegment(result, 0, { words }), /expected --word-timestamps True because .* has words/],
    ] as const) {
      const { code, err } = await parity(openai);
      expect(code).toBe(2);
      expect(err).toMatch(message);
    }
    expect((await cli(['parity', clip, join(folder, 'none.json')])).code).toBe(2);
    expect((await parity(result, '--output-format', 'srt')).code).toBe(2); // has no meaning here
  });
});

const real = realModel('tiny.en');
it.skipIf(real === undefined)('[model] tiny.en, f16: identical to openai with word times', async () => {
  const golden = join(import.meta.dirname, '../goldens/transcripts/jfk.tiny.en.words.json');
  const { code, out } = await cli([
    'parity',
    clipPath({ clip: 'jfk' }),
    golden,
    ...GREEDY,
    '--word-timestamps',
    'True',
    '--model',
    real!,
  ]);
  expect({ code, out }).toEqual({ code: 0, out: 'identical: 2 segments, 26 tokens, 22 words, scores within 0.001\n' });
});
