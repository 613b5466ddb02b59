// Rung: model. int8 caches: openai's text in every mode, and its tokens wherever the two best were not nearly equal. Timestamps often are:
// at two of the clips' by 0.004 and 0.002 (min_greedy_margin), where int8 caches move logits by 0.2.

import { describe, expect, it } from 'vitest';
import type { Transcription } from '../../src/whisper/transcribe.ts';
import { type LoadOptions, Whisper } from '../../src/whisper/whisper.ts';
import { clipPath, type GoldenCase, goldenCases, optionsOf } from '../support/golden_case.ts';
import { goldenJson } from '../support/goldens.ts';
import { testGpu } from '../support/gpu.ts';
import { realModel } from '../support/weights.ts';

/** base is slow on a CPU adapter: one clip. */
const CLIPS = { 'tiny.en': ['jfk', 'lv0880', 'lv0920', 'silence10'], base: ['jfk'] } as const;
const LOADS = [
  { model: 'tiny.en', mode: 'resident' },
  { model: 'tiny.en', mode: 'absorbed' },
  { model: 'tiny.en', mode: 'streamed' },
  { model: 'base', mode: 'resident' },
  { model: 'base', mode: 'absorbed' },
] as const;

/** Beyond this margin between the two best logits the same token is asked for. */
const CLEAR = 0.03;

const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: SKIPPED int8 caches on the clips\n');

const tokensOf = ({ segments }: Transcription) => segments.map(({ tokens }) => tokens);

for (const { model, mode } of LOADS) {
  const path = realModel(model);
  describe.skipIf(path === undefined || slow)(`[model] int8 caches, ${model} f16, ${mode}`, () => {
    const clips: readonly string[] = CLIPS[model];
    const cases = goldenCases().filter((c) => c.model === model && clips.includes(c.clip) && c.option === 'greedy');
    it(`openai's text on ${cases.length} clips, and its tokens where they were clear`, {
      timeout: 300_000,
    }, async () => {
      await using whisper = await Whisper.load(path!, { weights: 'f16', cache: 'int8', mode });
      expect(cases).toHaveLength(clips.length);
      for (const golden of cases) await holds(whisper, golden);
    });
  });
}

async function holds(whisper: Whisper, golden: GoldenCase): Promise<void> {
  const got = await whisper.transcribe(clipPath(golden), optionsOf(golden));
  const want = goldenJson<Transcription>(`transcripts/${golden.file}`);
  expect(got.segments.map(({ text }) => text)).toEqual(want.segments.map(({ text }) => text));
  expect(got.memory.createdBytes).toBe(got.memory.plannedBytes);
  got.segments.forEach(({ avg_logprob }, i) => {
    expect(Math.abs(avg_logprob - want.segments[i]!.avg_logprob)).toBeLessThan(0.02);
  });
  if (golden.min_greedy_margin === null || golden.min_greedy_margin < CLEAR) return;
  expect(tokensOf(got), golden.file).toEqual(tokensOf(want));
}

it('[pure] only formats that there are', async () => {
  const wrong = { cache: 'int4' } as unknown as LoadOptions;
  await expect(Whisper.load('tiny.en', wrong)).rejects.toThrow("expected cache among f32, f16, int8, got 'int4'");
});
