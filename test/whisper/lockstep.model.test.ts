// Rung: model. Several files decoded together: each gets what it gets alone, whatever the others are and do.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AudioError, OptionError } from '../../src/errors.ts';
import type { Transcription } from '../../src/whisper/transcribe.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { clipPath, differences, goldenCases } from '../support/golden_case.ts';
import { testGpu } from '../support/gpu.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';
import { realModel } from '../support/weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

const tone = (seconds: number, pitch: number) =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.1 * Math.sin(i / pitch) * Math.sin(i / 900));
const files = [tone(3, 7), tone(1, 11), tone(2, 5), tone(4, 13)];
const brief = { temperature: 0, sampleLength: 6, noSpeechThreshold: null } as const;
const CHECKED = { robustness: true, poison: true } as const;

/** Tokens and times; scores are sums in another order where several rows pass at once. */
const segmentsOf = (settled: PromiseSettledResult<Pick<Transcription, 'segments'>>[]) =>
  settled.map((one) =>
    one.status === 'fulfilled'
      ? one.value.segments.map(({ seek, start, end, tokens }) => [seek, start, end, ...tokens])
      : one.reason,
  );

describe('[device] lockstep, small model', () => {
  for (const load of [{ audios: 2 }, { audios: 4 }, { audios: 3, mode: 'streamed' }] as const) {
    it(`${JSON.stringify(load)}: the same segments as alone, in the bytes planned`, async () => {
      await using one = await Whisper.load(folder, { mode: 'absorbed', ...CHECKED });
      const alone = segmentsOf(await one.transcribeAll(files, brief));
      await using several = await Whisper.load(folder, { ...load, ...CHECKED });
      expect(segmentsOf(await several.transcribeAll(files, brief))).toEqual(alone);
      expect(several.memory.createdBytes).toBe(several.memory.plannedBytes);
      expect(alone.flat().length).toBeGreaterThan(8);
    });
  }

  it('temperatures fall back file by file, and a file that fails leaves the rest alone', async () => {
    await using several = await Whisper.load(folder, { audios: 3, ...CHECKED });
    const alone = { ...brief, conditionOnPreviousText: false };
    const first = await several.transcribeAll(files, alone);
    const scores = first.flatMap((one) =>
      one.status === 'fulfilled' ? one.value.segments.map((s) => s.avg_logprob) : [],
    );
    const strict = {
      ...alone,
      temperature: [0, 0.4],
      logprobThreshold: (Math.min(...scores) + Math.max(...scores)) / 2,
    };
    const settled = await several.transcribeAll(['/no/such.wav', ...files], strict);
    expect(settled[0]).toMatchObject({ status: 'rejected', reason: expect.any(AudioError) });
    const results = settled.slice(1).map((one) => (one.status === 'fulfilled' ? one.value.windows : []));
    const tries = results.flat().map((w) => w.attempts.length);
    expect(new Set(tries)).toEqual(new Set([1, 2]));
  });

  it('an aborted call ends all files, and the engine goes on', async () => {
    await using several = await Whisper.load(folder, { audios: 2, ...CHECKED });
    const reason = new Error('enough');
    const abort = new AbortController();
    const onSegment = () => abort.abort(reason);
    const settled = await several.transcribeAll(files, { ...brief, signal: abort.signal, onSegment });
    expect(settled.map((one) => one.status)).toContain('rejected');
    expect((await several.transcribeAll(files, brief)).every((one) => one.status === 'fulfilled')).toBe(true);
    expect(await several.transcribeAll([], brief)).toEqual([]);
  });

  it('clips of one file that know nothing of one another: as one after the other, and told in order', async () => {
    const long = tone(9, 7);
    const options = {
      ...brief,
      conditionOnPreviousText: false,
      clipTimestamps: [0, 2, 2, 3, 4, 7, 7],
      initialPrompt: 'a',
    };
    await using one = await Whisper.load(folder, { mode: 'absorbed', ...CHECKED });
    const alone = await one.transcribe(long, options);
    await using several = await Whisper.load(folder, { audios: 3, ...CHECKED });
    const told: number[] = [];
    let behind = 0;
    const together = await several.transcribe(long, {
      ...options,
      onSegment: ({ id, start }) => told.push(id, start),
      onProgress: ({ seconds }) => {
        behind = seconds;
      },
    });
    const shape = ({ segments }: Transcription) =>
      segments.map(({ id, seek, start, end, tokens }) => [id, seek, start, end, ...tokens]);
    expect(shape(together)).toEqual(shape(alone));
    expect(together.text).toBe(alone.text);
    expect(together.windows.map(({ seek, frames, prompt }) => [seek, frames, prompt])).toEqual(
      alone.windows.map(({ seek, frames, prompt }) => [seek, frames, prompt]),
    );
    expect(told).toEqual(together.segments.flatMap(({ id, start }) => [id, start]));
    expect(together.segments.length).toBeGreaterThan(4);
    expect(behind).toBeGreaterThan(7);
  });

  it('beams and words are refused beside several audios', async () => {
    await expect(Whisper.load(folder, { audios: 2, sequences: 5 })).rejects.toThrow(OptionError);
    await expect(Whisper.load(folder, { audios: 2, cross: 'stored' })).rejects.toThrow(/absorbed/);
  });
});

const path = realModel('tiny.en');
const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: SKIPPED the clips in lockstep\n');

it.skipIf(path === undefined || slow)(
  "[model] tiny.en, f16, four clips at once: openai's text, tokens and times",
  async () => {
    const clips = ['jfk', 'lv0880', 'lv0920', 'silence10'];
    const cases = goldenCases().filter((c) => c.model === 'tiny.en' && c.option === 'greedy' && clips.includes(c.clip));
    await using whisper = await Whisper.load(path!, { weights: 'f16', audios: 4 });
    const settled = await whisper.transcribeAll(cases.map(clipPath), { temperature: 0 });
    const faults = settled.map((one, i) =>
      one.status === 'fulfilled' ? differences(cases[i]!, one.value) : one.reason,
    );
    expect(faults).toEqual(cases.map(() => []));
  },
);

it.skipIf(path === undefined || slow)(
  '[model] tiny.en, a file cut at pauses: the same text as its clips in turn',
  async () => {
    const [long] = goldenCases().filter((c) => c.model === 'tiny.en' && c.option === 'greedy' && c.clip === 'long95');
    const options = { temperature: 0, conditionOnPreviousText: false, clipTimestamps: 'quiet' } as const;
    await using one = await Whisper.load(path!, { weights: 'f16', mode: 'absorbed' });
    const alone = await one.transcribe(clipPath(long!), options);
    await using several = await Whisper.load(path!, { weights: 'f16', audios: 4 });
    const together = await several.transcribe(clipPath(long!), options);
    expect(together.segments.map(({ start, end, text }) => [start, end, text])).toEqual(
      alone.segments.map(({ start, end, text }) => [start, end, text]),
    );
    expect(together.text.split(' ').length).toBeGreaterThan(150);
  },
  300_000,
);
