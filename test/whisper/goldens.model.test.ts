// Rung: model. f16 weights transcribe the goldens' clips to openai's tokens, times and scores. Needs WHISPER_WGSL_MODELS.
// GOLDENS=all runs every case; by default tiny.en's, of the long clip the greedy one alone, and base's greedy ones on the short clips. SwiftShader runs jfk alone: it is slow.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { openModel } from '../../src/formats/detect.ts';
import { openGpu } from '../../src/gpu/device.ts';
import { WhisperEngine } from '../../src/whisper/engine.ts';
import { contentFrames, findLoudest } from '../../src/whisper/mel.ts';
import { type LoadOptions, Whisper } from '../../src/whisper/whisper.ts';
import { clipPath, differences, goldenCases, loadFor, optionsOf } from '../support/golden_case.ts';
import { readNpy } from '../support/goldens.ts';
import { testGpu } from '../support/gpu.ts';
import { realModel } from '../support/weights.ts';

const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: goldens of jfk greedy only\n');

const SHORT = /^(jfk|lv|silence|noise)/;
const wanted = (model: string, clip: string, option: string) => {
  if (slow) return clip === 'jfk' && option === 'greedy';
  if (process.env['GOLDENS'] === 'all') return true;
  return option === 'greedy' ? model === 'tiny.en' || SHORT.test(clip) : model === 'tiny.en' && clip !== 'long95';
};

for (const name of ['tiny.en', 'base'] as const) {
  const path = realModel(name);
  const chosen = goldenCases().filter((c) => c.model === name && wanted(name, c.clip, c.option));
  for (const load of new Set(chosen.map((c) => JSON.stringify(loadFor(c))))) {
    describe.skipIf(path === undefined)(`[model] ${name}, f16, ${load}`, () => {
      let whisper: Whisper;
      beforeAll(async () => {
        whisper = await Whisper.load(path!, { weights: 'f16', ...(JSON.parse(load) as LoadOptions) });
      });
      afterAll(() => whisper.dispose());

      for (const golden of chosen.filter((c) => JSON.stringify(loadFor(c)) === load)) {
        it(`${golden.file} is openai's`, { timeout: 600_000 }, async () => {
          expect(differences(golden, await whisper.transcribe(clipPath(golden), optionsOf(golden)))).toEqual([]);
        });
      }
    });
  }

  describe.skipIf(path === undefined)(`[model] ${name}, activations in f32`, () => {
    it('log-mel within 1e-4 and encoder output within 1e-3 of the numeric goldens', async () => {
      const gpu = await openGpu();
      const model = await openModel(path!);
      const engine = await WhisperEngine.load(gpu, model, { weights: 'f16', cache: 'f32', keepFeatures: true });
      await model.file.close();
      await using audio = await openAudio(clipPath({ clip: 'jfk' }));
      await findLoudest(engine, audio);
      const { n_audio_state: d, n_mels } = model.dims;

      const mel = new Float32Array((await engine.executor.read('mel')).buffer);
      const [highest] = new Float32Array((await engine.executor.read('mel_highest')).buffer);
      // decode()'s mel: the clip padded with silence to 30 s, every frame of it content.
      await engine.encode(3000);
      const goldenMel = readNpy('numeric/mel_decode.npy').data;
      const melError = goldenMel.reduce((worst, want, i) => {
        const log = mel[((i % 3000) + 1) * n_mels + Math.floor(i / 3000)]!;
        return Math.max(worst, Math.abs((Math.max(log, highest! - 8) + 4) / 4 - want));
      }, 0);
      const features = new Float32Array((await engine.executor.read('features')).buffer);
      const golden = readNpy(`numeric/${name}.enc_ln_post.npy`);
      const rows = [...Array(8).keys()].flatMap((i) => [i, 700 + i, 1492 + i]).sort((a, b) => a - b);
      const error = golden.data.reduce((worst, want, i) => {
        return Math.max(worst, Math.abs(features[rows[Math.floor(i / d)]! * d + (i % d)]! - want));
      }, 0);
      await engine.dispose();
      await gpu.close();
      process.stderr.write(
        `  [model] ${name}: log-mel error ${melError.toExponential(1)}, encoder error ${error.toExponential(1)}\n`,
      );
      expect(melError).toBeLessThanOrEqual(1e-4);
      expect(error).toBeLessThanOrEqual(1e-3);
      expect(contentFrames(audio.length)).toBe(1100);
    });
  });
}
