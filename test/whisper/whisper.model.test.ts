// Rung: model. The public engine with the bundled model: text and memory. And with a model too small to say anything sensible: bad input,
// aborts, disposal, and a second life after every error.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AudioError, EngineStateError, ModelFileError, OptionError } from '../../src/errors.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { clipPath } from '../support/golden_case.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';
import { BUNDLED } from '../support/weights.ts';

const JFK = clipPath({ clip: 'jfk' });
const JFK_TEXT =
  ' And so my fellow Americans ask not what your country can do for you ask what you can do for your country';

/** Ten seconds of a tone: nine windows of the small model. */
const tone = Float32Array.from({ length: 160_000 }, (_, i) => 0.1 * Math.sin(i / 7));
const brief = { temperature: 0, sampleLength: 4, withoutTimestamps: true, noSpeechThreshold: null } as const;

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

it('[model] the bundled model writes down jfk; planned = created; at most 13 MB beside the weights', async () => {
  const whisper = await Whisper.load(BUNDLED, { robustness: true, poison: true });
  const progress: number[] = [];
  const heard: string[] = [];
  const result = await whisper.transcribe(JFK, {
    temperature: 0,
    onProgress: ({ seconds }) => progress.push(seconds),
    onSegment: ({ text }) => heard.push(text),
  });
  process.stderr.write(`  [model] jfk on ${result.adapter}: ${JSON.stringify(result.timings)}\n`);
  expect(result.text).toBe(JFK_TEXT);
  expect(heard.join('')).toBe(JFK_TEXT);
  expect(progress.at(-1)).toBe(11);
  expect(result.language).toBe('en');
  expect(result.memory.createdBytes).toBe(result.memory.plannedBytes);
  expect(result.memory.plannedBytes - result.memory.weightBytes).toBeLessThanOrEqual(13e6);
  await whisper.dispose();
});

describe('[device] engine', () => {
  let whisper: Whisper;
  beforeAll(async () => {
    whisper = await Whisper.load(folder, { robustness: true, poison: true });
  });
  afterAll(() => whisper.dispose());

  const works = async () => expect((await whisper.transcribe(tone, brief)).segments.length).toBeGreaterThan(8);

  it('goes through all windows, and memory stays as planned', async () => {
    const seen = new Set<number>();
    const result = await whisper.transcribe(tone, {
      ...brief,
      onProgress: () => seen.add(whisper.memory.createdBytes),
    });
    expect(result.duration).toBe(10);
    expect(result.segments.map((s) => s.seek)).toEqual([0, 120, 240, 360, 480, 600, 720, 840, 960]);
    expect([...seen]).toEqual([result.memory.plannedBytes]);
  });

  it('gives the same text for a path, and again', async () => {
    const once = await whisper.transcribe(JFK, brief);
    expect((await whisper.transcribe(JFK, brief)).segments).toEqual(once.segments);
  });

  it('a seed repeats samples; another seed draws others', async () => {
    const draw = async (seed: number) => (await whisper.transcribe(tone, { ...brief, temperature: 1, seed })).text;
    const first = await draw(1);
    expect(await draw(1)).toBe(first);
    expect(await draw(2)).not.toBe(first);
  });

  it('the result says how it came about: windows, temperatures tried, probabilities of tokens', async () => {
    const strict = { ...brief, temperature: [0, 0.5], logprobThreshold: 0, tokenProbabilities: true };
    const { windows, segments } = await whisper.transcribe(tone, strict);
    expect(windows.map((w) => w.seek)).toEqual(segments.map((s) => s.seek));
    for (const [i, { attempts, fate, frames }] of windows.entries()) {
      expect(attempts.map((a) => a.temperature)).toEqual([0, 0.5]);
      expect({ fate, tokens: attempts[1]!.tokens }).toEqual({ fate: 'kept', tokens: segments[i]!.tokens });
      expect(frames).toBeLessThanOrEqual(120);
      const probabilities = attempts[1]!.logprobs.map(Math.exp);
      expect(segments[i]!.token_probabilities).toEqual(probabilities);
      expect(probabilities.every((p) => p > 0 && p <= 1)).toBe(true);
    }
  });

  it('decode takes the first window alone; an English-only model detects no language', async () => {
    const result = await whisper.decode(tone, brief);
    expect(result).toMatchObject({ language: 'en', temperature: 0 });
    expect(result.tokens.length).toBe(4);
    await expect(whisper.detectLanguage(tone)).rejects.toThrow(OptionError);
  });

  it('audio of no length has no text', async () => {
    const result = await whisper.transcribe(new Float32Array(0), brief);
    expect(result).toMatchObject({ text: '', segments: [], duration: 0, language: 'en' });
  });

  it('bad input is refused by name, and the engine goes on', async () => {
    await expect(whisper.transcribe('/no/such/file.wav')).rejects.toThrow(AudioError);
    await expect(whisper.transcribe(new Uint8Array([1, 2, 3, 4]))).rejects.toThrow(AudioError);
    await expect(whisper.transcribe(new Float32Array([0, Number.NaN]))).rejects.toThrow(AudioError);
    await expect(whisper.transcribe(tone, { language: 'de' })).rejects.toThrow(OptionError);
    await expect(whisper.transcribe(tone, { task: 'translate' })).rejects.toThrow(OptionError);
    await expect(whisper.transcribe(tone, { temprature: 0 } as object)).rejects.toThrow(/temprature/);
    await works();
  });

  it('an aborted call rejects with the reason, before or amid, and the engine goes on', async () => {
    const reason = new Error('enough');
    await expect(whisper.transcribe(tone, { ...brief, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const options = { ...brief, signal: abort.signal, onProgress: () => abort.abort(reason) };
    await expect(whisper.transcribe(tone, options)).rejects.toBe(reason);
    await works();
  });

  it('an error in a callback ends the call, and the engine goes on', async () => {
    const mine = new Error('mine');
    const onSegment = () => {
      throw mine;
    };
    await expect(whisper.transcribe(tone, { ...brief, onSegment })).rejects.toBe(mine);
    await works();
  });

  it('a second call while one runs is refused, and the first one ends well', async () => {
    const first = whisper.transcribe(tone, brief);
    await expect(whisper.transcribe(tone, brief)).rejects.toThrow(EngineStateError);
    await expect(whisper.dispose()).rejects.toThrow(/busy/);
    expect((await first).duration).toBe(10);
  });

  it('several sequences: a beam of one is greedy and names alternatives; wider beams score no worse', async () => {
    await using several = await Whisper.load(folder, { sequences: 3, robustness: true, poison: true });
    const greedy = await several.transcribe(tone, brief);
    for (const options of [brief, { ...brief, beamSize: 1 }]) {
      const alone = await whisper.transcribe(tone, options);
      expect(alone.segments.map((s) => s.tokens)).toEqual(greedy.segments.map((s) => s.tokens));
    }
    const named = await several.transcribe(tone, { ...brief, alternatives: 4 });
    expect(named.segments.map((s) => s.tokens)).toEqual(greedy.segments.map((s) => s.tokens));
    for (const { attempts } of named.windows) {
      const { tokens, logprobs, alternatives } = attempts[0]!;
      expect(alternatives!.map((among) => among[0]!.token)).toEqual(tokens);
      expect(alternatives!.map((among) => among[0]!.logprob)).toEqual(logprobs);
      for (const among of alternatives!) {
        const probabilities = among.map((c) => c.logprob);
        expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
        expect(new Set(among.map((c) => c.token)).size).toBe(4);
      }
    }
    const best = await several.transcribe(tone, { ...brief, temperature: 0.8, bestOf: 3, seed: 4 });
    const one = await several.transcribe(tone, { ...brief, temperature: 0.8, seed: 4 });
    const score = (of: typeof best) => of.segments[0]!.avg_logprob;
    expect(score(best)).toBeGreaterThanOrEqual(score(one)); // the first of its samples is the one
  });

  it('two engines live side by side', async () => {
    await using other = await Whisper.load(folder, { weights: 'int8' });
    const [a, b] = await Promise.all([whisper.transcribe(tone, brief), other.transcribe(tone, brief)]);
    expect(a.segments.length).toBe(b.segments.length);
    expect(b.memory.weightBytes).toBeLessThan(a.memory.weightBytes);
  });
});

describe('[device] loading', () => {
  it('what is no model is refused by name', async () => {
    await expect(Whisper.load('/no/such/model')).rejects.toThrow(ModelFileError);
    await expect(Whisper.load(JFK)).rejects.toThrow(/expected safetensors/);
  });

  it('options are checked before anything is read', async () => {
    await expect(Whisper.load(folder, { weights: 'int3' as 'int8' })).rejects.toThrow(OptionError);
    await expect(Whisper.load(folder, { gpu: 1 } as object)).rejects.toThrow(/'gpu'/);
  });

  it('an aborted load rejects with the reason', async () => {
    const reason = new Error('enough');
    await expect(Whisper.load(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('a disposed engine says so, holds nothing, and may be disposed of again', async () => {
    const whisper = await Whisper.load(folder);
    await whisper.dispose();
    await whisper.dispose();
    await expect(whisper.transcribe(tone)).rejects.toThrow(/disposed/);
    expect(whisper.memory.createdBytes).toBe(0);
  });
});
