// Rung: model. What int8 weights cost: the word error rate of the bundled model over the English clips, beside that of the full weights.
// The latter is openai's own text, which the goldens' tests hold the f16 weights to.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { normalizeEnglish } from '../../src/text/normalizer/english.ts';
import { wordErrorRate } from '../../src/text/wer.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { clipPath } from '../support/golden_case.ts';
import { goldenJson } from '../support/goldens.ts';
import { testGpu } from '../support/gpu.ts';
import { BUNDLED } from '../support/weights.ts';

const CLIPS = ['jfk', 'lv0880', 'lv0920', 'long95'];

const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: SKIPPED the word error rate of int8, two minutes of audio\n');

it.skipIf(slow)(
  '[model] int8: a word error rate within 1 point of the full weights',
  { timeout: 600_000 },
  async () => {
    const manifest = JSON.parse(
      readFileSync(new URL('../goldens/audio/manifest.json', import.meta.url), 'utf8'),
    ) as Record<string, { reference: string }>;
    const whisper = await Whisper.load(BUNDLED);
    const words = { int8: { errors: 0, said: 0 }, full: { errors: 0, said: 0 } };
    for (const clip of CLIPS) {
      const said = normalizeEnglish(manifest[clip]!.reference);
      const { text } = await whisper.transcribe(clipPath({ clip }), { temperature: 0 });
      const golden = goldenJson<{ text: string }>(`transcripts/${clip}.tiny.en.greedy.json`).text;
      for (const [kind, heard] of [
        ['int8', text],
        ['full', golden],
      ] as const) {
        const { substitutions, deletions, insertions, hits } = wordErrorRate(said, normalizeEnglish(heard));
        words[kind].errors += substitutions + deletions + insertions;
        words[kind].said += hits + substitutions + deletions;
      }
    }
    await whisper.dispose();
    const rate = ({ errors, said }: { errors: number; said: number }) => errors / said;
    process.stderr.write(
      `  [model] word error rate over ${CLIPS.length} clips, ${words.full.said} words: int8 ${rate(words.int8)}, full ${rate(words.full)}\n`,
    );
    expect(words.full.said).toBeGreaterThan(200);
    expect(rate(words.int8)).toBeLessThanOrEqual(rate(words.full) + 0.01);
  },
);
