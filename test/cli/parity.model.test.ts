// Rung: model. `parity`: our own result is identical; one with a changed token, time or temperature parts where it was changed, with the
// log-probability that the decoding itself gave; openai's goldens are identical with f16 weights.

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
import { BUNDLED, realModel } from '../support/weights.ts';
import { cli } from './in_process.ts';

const GREEDY = ['--beam-size', 'None', '--best-of', 'None', '--temperature-increment-on-fallback', 'None'];
const JFK = clipPath({ clip: 'jfk' });

/** `result` with a change to one segment. */
function withSegment(
  result: TranscriptionResult,
  index: number,
  change: Partial<TranscriptionResult['segments'][number]>,
): TranscriptionResult {
  return { ...result, segments: result.segments.with(index, { ...result.segments[index]!, ...change }) };
}

describe.each([1, 2])('[model] the bundled model with %i sequences', (sequences) => {
  let loaded: LoadedEngine;
  let options: ResolvedOptions;
  let ours: Transcription;
  beforeAll(async () => {
    loaded = await loadEngine(BUNDLED, { sequences });
    const beams = sequences > 1 ? { beamSize: sequences } : {};
    options = resolveOptions({ temperature: 0, ...beams }, loaded.tokenizer, loaded.engine.options);
    ({ ours } = await against({ text: '', segments: [], language: 'en' }));
  });
  afterAll(() => loaded[Symbol.asyncDispose]());

  const against = async (openai: TranscriptionResult) => {
    await using audio = await openAudio(JFK);
    return await checkParity(loaded.engine, loaded.tokenizer, audio, options, openai);
  };

  it('ranks the token that was picked as the decoding scored it, in a window whose caches were used since', async () => {
    const step = 9;
    const wrong = ours.segments[0]!.tokens[step]! + 1;
    const openai = withSegment(ours, 0, { tokens: ours.segments[0]!.tokens.with(step, wrong), avg_logprob: 1 });
    const { divergence, candidates, values } = await against(openai);
    const [attempt] = ours.windows[0]!.attempts;
    const picked = attempt!.tokens[step]!;
    expect(divergence).toMatchObject({ kind: 'token', step, ours: picked, openai: wrong, segmentsBefore: 0 });
    expect(values).toEqual([]); // scores of the window that parts are no news
    expect(candidates[0]!.token).toBe(picked);
    expect(candidates.find(({ token }) => token === picked)!.logprob).toBeCloseTo(attempt!.logprobs[step]!, 3);
    expect(candidates.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 3);
    expect(candidates.some(({ token }) => token === loaded.tokenizer.sot)).toBe(false); // rules hold
  });

  it('ranks a first token, which has to be a timestamp up to 1 s', async () => {
    const tokens = ours.segments[0]!.tokens.with(0, 50_000);
    const { divergence, candidates } = await against(withSegment(ours, 0, { tokens }));
    expect(divergence).toMatchObject({ kind: 'token', step: 0, openai: 50_000 });
    const begin = loaded.tokenizer.timestamp_begin;
    expect(candidates.map(({ token }) => token).sort()).toEqual(Array.from({ length: 51 }, (_, i) => begin + i));
  });
});

describe('[device] parity', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-parity-'));
  const model = join(folder, 'model');
  const clip = clipPath({ clip: 'lv0880' });
  const args = [...GREEDY, '--model', model, '--no-speech-threshold', 'None', '--clip-timestamps', '0,1,1,2,2,3'];
  let result: TranscriptionResult;
  beforeAll(async () => {
    await writeTinyModel(model);
    const { out } = await cli(['transcribe', clip, ...args, '--output-format', 'json', '--quiet']);
    result = JSON.parse(out) as TranscriptionResult;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

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
  const { code, out } = await cli(['parity', JFK, golden, ...GREEDY, '--word-timestamps', 'True', '--model', real!]);
  expect({ code, out }).toEqual({ code: 0, out: 'identical: 2 segments, 26 tokens, 22 words, scores within 0.001\n' });
});
