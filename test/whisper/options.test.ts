// Rung: pure. Options of a transcription: openai's defaults, and a clear refusal of everything else.

import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { needsFallback, suppressedTokens } from '../../src/whisper/fallback.ts';
import { resolveOptions, type TranscribeOptions } from '../../src/whisper/options.ts';
import { tokenizerJson } from '../text/fixtures/goldens.ts';

const english = loadTokenizer(tokenizerJson('gpt2'), { n_vocab: 51864 });
const multilingual = loadTokenizer(tokenizerJson('multilingual'), { n_vocab: 51865 });

const ENGINE = { textContext: 448, batch: 5, alignment: [] };

describe('[pure] options', () => {
  it("defaults are openai's", () => {
    expect(resolveOptions({}, multilingual, ENGINE)).toMatchObject({
      temperature: [0, 0.2, 0.4, 0.6, 0.8, 1],
      compressionRatioThreshold: 2.4,
      logprobThreshold: -1,
      noSpeechThreshold: 0.6,
      conditionOnPreviousText: true,
      suppressTokens: [-1],
      maxInitialTimestamp: 1,
      sampleLength: 224,
    });
  });

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['unknown name', { beamsize: 5 }, /'beamsize'/],
    ['temperature below 0', { temperature: -1 }, /temperature from 0/],
    ['no temperature', { temperature: [] }, /temperature/],
    ['unknown language', { language: 'klingon' }, /klingon/],
    ['unknown task', { task: 'summarise' }, /task/],
    ['clips that fall', { clipTimestamps: [3, 1] }, /clipTimestamps/],
    ['sample length beyond the context', { sampleLength: 449 }, /sampleLength/],
    ['a threshold that is no number', { logprobThreshold: 'low' }, /logprobThreshold/],
    ['carried prompt without prompt', { carryInitialPrompt: true }, /initialPrompt/],
    ['seed with a fraction', { seed: 0.5 }, /seed/],
    ['more beams than the engine has sequences', { beamSize: 6 }, /up to 5 because the engine was loaded/],
    ['more samples than the engine has sequences', { bestOf: 6 }, /bestOf/],
    ['words the engine has no room for', { wordTimestamps: true }, /loaded with words/],
    ['a silence threshold without words', { hallucinationSilenceThreshold: 2 }, /beside wordTimestamps/],
    ['no beams', { beamSize: 0 }, /beamSize/],
    ['patience without beams', { patience: 2 }, /patience beside a beamSize/],
    ['length penalty above 1', { lengthPenalty: 1.5 }, /lengthPenalty/],
  ];
  for (const [name, given, message] of wrong) {
    it(`refuses: ${name}`, () => {
      const resolve = () => resolveOptions(given as TranscribeOptions, multilingual, ENGINE);
      expect(resolve).toThrow(OptionError);
      expect(resolve).toThrow(message);
    });
  }

  it('a beam of one needs no room but to wait for more', () => {
    const single = { ...ENGINE, batch: 1 };
    expect(resolveOptions({ beamSize: 1, patience: 1.4 }, multilingual, single).beamSize).toBe(1);
    expect(() => resolveOptions({ beamSize: 1, patience: 2 }, multilingual, single)).toThrow(
      /2 or more because of patience/,
    );
  });

  it('an English-only model translates nothing', () => {
    expect(() => resolveOptions({ task: 'translate' }, english, ENGINE)).toThrow(/English-only/);
  });

  it('-1 stands for what is not speech; control tokens are always suppressed', () => {
    const without = suppressedTokens(english, []);
    expect([...without].sort()).toEqual([50257, 50357, 50358, 50359, 50360, 50361]);
    expect(suppressedTokens(english, [-1, 5]).size).toBe(without.size + english.nonSpeechTokens.length + 1);
  });
});

describe('[pure] fallback', () => {
  const options = resolveOptions({}, english, ENGINE);
  const table: readonly (readonly [number, number, number, boolean])[] = [
    [2.5, -0.5, 0.1, true], // repetitive
    [1.5, -1.5, 0.1, true], // improbable
    [1.5, -0.5, 0.9, false],
    [1.5, -1.5, 0.9, false], // silence is accepted
    [2.5, -0.5, 0.9, true], // repetitive and sure of it
    [2.4, -1, 0.6, false], // thresholds themselves pass
  ];
  for (const [compressionRatio, avgLogprob, noSpeechProb, expected] of table) {
    it(`ratio ${compressionRatio}, log probability ${avgLogprob}, silence ${noSpeechProb}: ${expected}`, () => {
      expect(needsFallback({ compressionRatio, avgLogprob, noSpeechProb }, options)).toBe(expected);
    });
  }

  it('a threshold of null never triggers', () => {
    const never = resolveOptions({ compressionRatioThreshold: null, logprobThreshold: null }, english, ENGINE);
    expect(needsFallback({ compressionRatio: 9, avgLogprob: -9, noSpeechProb: 0 }, never)).toBe(false);
  });
});
