// Rung: pure. What reimplementations of Whisper usually get wrong, each by name. Whole results are held to openai's on the model rung.

import { describe, expect, it } from 'vitest';
import { TIED_NAMES } from '../../src/formats/names.ts';
import { CURSOR, packRules, packSuppressed } from '../../src/ops/decoding_tables.ts';
import { allowedTokens } from '../../src/ops/filter_logits.ts';
import { hostTensor } from '../../src/ops/host_tensor.ts';
import { layerNorm, melFloor, stft } from '../../src/ops/index.ts';
import { gelu } from '../../src/ops/math.ts';
import { formatTimestamp, writers } from '../../src/output/index.ts';
import { roundHalfEven } from '../../src/python.ts';
import { compressionRatio } from '../../src/text/compression.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { type DecodingTask, decodeWindow } from '../../src/whisper/decoding.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { decodeWithFallback, needsFallback } from '../../src/whisper/fallback.ts';
import { openaiNames } from '../../src/whisper/fused_weights.ts';
import { contentFrames, readWindow } from '../../src/whisper/mel.ts';
import { resolveOptions } from '../../src/whisper/options.ts';
import { previousTokens, sotTokens } from '../../src/whisper/prompt.ts';
import { clearEmpty } from '../../src/whisper/segments.ts';
import { alignmentHeads } from '../../src/whisper/words/alignment_heads.ts';
import { mergePunctuations } from '../../src/whisper/words/merge_punctuations.ts';
import { scriptedEngine } from '../support/scripted_engine.ts';
import { TINY_DIMS } from '../support/tiny_whisper.ts';
import { tokenizerJson } from '../text/fixtures/goldens.ts';

const english = loadTokenizer(tokenizerJson('gpt2'), { n_vocab: 51864 });
const multilingual = (n_vocab: number) => loadTokenizer(tokenizerJson('multilingual'), { n_vocab });
const ENGINE = { textContext: 448, batch: 5, alignment: [] };
const { eot, timestamp_begin: begin } = english;

describe('[pure] sound', () => {
  it('the tail of a window is 0 in log-mel, not the value of silence', () => {
    const mel = hostTensor({ dtype: 'f32', shape: [9, 80] }, new Float32Array(720).fill(-10));
    const one = (dtype: 'f32' | 'u32', value: number) => hostTensor({ dtype, shape: [1] }, [value]);
    melFloor.reference({ highest: one('f32', 1), content: one('u32', 2), mel }, { n_frames: 6, n_mels: 80 });
    expect(mel.data[80]).toBe((1 - 8 + 4) / 4); // a frame of silence, clamped
    expect(mel.data[80 * 3]).toBe(0); // a frame beyond the content
  });

  it("Hann's window is periodic; the begin is reflected without its first sample; the last frame is dropped", async () => {
    const impulse = (at: number) => {
      const x = hostTensor(
        { dtype: 'f32', shape: [416] },
        Float32Array.from({ length: 416 }, (_, i) => (i === at ? 1 : 0)),
      );
      const attrs = { frames: { rows: 1, stride: 160, begin: 0 } };
      const y = hostTensor(stft.infer({ x }, attrs).y, new Float32Array(416));
      stft.reference({ x, y }, attrs);
      return y.data[0]!; // bin 0: the window itself
    };
    expect(impulse(200)).toBeCloseTo(1, 6);
    expect(impulse(0)).toBeCloseTo(0, 6);
    expect(impulse(1)).toBeCloseTo(impulse(399), 6); // a symmetric window would have w[0] = w[399]
    const audio = {
      read: async (first: number, count: number) => Float32Array.from({ length: count }, (_, i) => first + i),
    };
    const window = await readWindow(audio as never, 0, TINY_DIMS);
    expect([window[0], window[199], window[200], window[201]]).toEqual([200, 1, 0, 1]);
    expect(contentFrames(16_000)).toBe(100);
  });
});

describe('[pure] the model', () => {
  it('GELU by erf, not by tanh', () => expect(gelu(1)).toBeCloseTo(0.8413447, 7)); // tanh: 0.8411920
  it('keys have no bias', () => {
    expect(openaiNames('decoder.blocks.0.attn.qkv.bias')[1]).toBeUndefined();
    expect(openaiNames('decoder.blocks.0.cross_attn.kv.bias')[0]).toBeUndefined();
  });
  it('layer norm keeps its variance far from zero, where squares would cancel or overflow f16', () => {
    const x = hostTensor({ dtype: 'f32', shape: [1, 4] }, [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3]);
    const vector = (value: number) => hostTensor({ dtype: 'f32', shape: [4] }, new Float32Array(4).fill(value));
    const y = hostTensor({ dtype: 'f32', shape: [1, 4] }, new Float32Array(4));
    layerNorm.reference({ x, weight: vector(1), bias: vector(0), y }, {});
    expect(y.data[3]).toBeCloseTo(1.5 / Math.sqrt(1.25 + 1e-5), 5);
  });
  it('distilled models have no heads of their teacher, turbo has 4 layers and 6 heads', () => {
    expect(alignmentHeads(PUBLISHED_DIMS['distil-large-v3']!).every(({ layer }) => layer < 2)).toBe(true);
    expect(alignmentHeads(PUBLISHED_DIMS['turbo']!).length).toBe(6);
  });
  it('the logits matrix is the token embedding, whether a file has it or not', () => {
    expect(TIED_NAMES.huggingface).toBe('proj_out.weight');
  });
});

describe('[pure] tokens', () => {
  it('v3 ids are shifted by one, and an English vocabulary has another end and no language', () => {
    const [v2, v3] = [multilingual(51865), multilingual(51866)];
    expect([v2.no_timestamps, v3.no_timestamps, v3.languageToken('yue')]).toEqual([50363, 50364, 50358]);
    expect(eot).toBe(50256);
    expect(english.sotSequence({ language: 'en', task: 'transcribe' })).toEqual([english.sot]);
  });
  it("a prompt keeps the last 223 tokens, timestamps among them; a prefix's room has openai's quirk", () => {
    const tokens = Array.from({ length: 300 }, (_, i) => (i % 2 ? begin + i : i));
    const said = { tokens, initial: [], promptSince: 0 };
    const prompt = previousTokens(english, { carryInitialPrompt: false }, said, 448);
    expect(prompt).toEqual([english.sot_prev, ...tokens.slice(-223)]);
    const sot = (sampleLength: number) => {
      const options = resolveOptions({ prefix: 'one two three', sampleLength }, english, ENGINE);
      return sotTokens(english, options, 'en', 448).length - 1;
    };
    expect([sot(224), sot(223), sot(222)]).toEqual([3, 1, 2]); // 224 leaves no room, which reads as no limit
  });
});

describe('[pure] rules', () => {
  const ids = { eot, timestampBegin: begin, noTimestamps: english.no_timestamps, blank: 220 };
  const rules = packRules({
    ...ids,
    withTimestamps: true,
    suppressBlank: true,
    maxInitialTimestamp: begin + 50,
    temperature: 0,
    seed: 0,
  });
  const words = (of: Uint32Array) => hostTensor({ dtype: 'u32', shape: [of.length] }, of);
  const next = (sampled: readonly number[]) => {
    const cursor = new Uint32Array(CURSOR.words);
    const last = sampled.findLast((token) => token >= begin) ?? 0;
    cursor.set([sampled.length, sampled.at(-1) ?? 0, sampled.at(-2) ?? 0, last]);
    return allowedTokens(words(packSuppressed([], 51864)), words(rules), words(cursor), 0, 51864);
  };
  it('the first token is a timestamp of at most a second', () => {
    const allowed = next([]);
    expect([allowed(100), allowed(begin), allowed(begin + 50), allowed(begin + 51)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  it('with fewer than two tokens the one before last counts as a timestamp: text follows the first', () => {
    const allowed = next([begin + 3]);
    expect([allowed(100), allowed(begin + 5)]).toEqual([true, false]);
  });
  it('after text and one timestamp, the same one may come again, but no earlier one and no text', () => {
    const allowed = next([begin, 100, begin + 40]);
    expect([allowed(begin + 40), allowed(begin + 39), allowed(100), allowed(eot)]).toEqual([true, false, false, true]);
  });
  it('after a pair, a later one must be later', () => {
    const allowed = next([begin, 100, begin + 40, begin + 40, 7]);
    expect([allowed(begin + 40), allowed(begin + 41)]).toEqual([false, true]);
  });
});

describe('[pure] scores', () => {
  const script = (...decodings: (readonly (readonly [number, number])[])[]) =>
    scriptedEngine({
      noSpeech: 0.25,
      eot,
      decodings: decodings.map((d) => d.map(([token, logprob]) => ({ token, logprob }))),
    });
  const rules = {
    eot,
    timestampBegin: begin,
    noTimestamps: 0,
    blank: 220,
    withTimestamps: true,
    suppressBlank: true,
    temperature: 0,
    seed: 0,
  };

  it('silence is scored at <|startoftranscript|>, wherever a prompt has put it', async () => {
    const { engine, calls } = script([[7, -1]]);
    const prompt = { previous: [1, 2], sot: [english.sot, 3] };
    const result = await decodeWindow(engine, { prompt, rules, suppressed: [], sampleLength: 9 });
    expect(calls).toEqual(['begin', `prefill 1 2 ${english.sot}`, 'noSpeechProb', 'prefill 3']);
    expect(result.noSpeechProb).toBe(0.25);
  });
  it('the average log probability counts the end in the sum, and one in the length', async () => {
    const { engine } = script([
      [7, -1],
      [8, -2],
      [eot, -3],
    ]); // prettier-ignore
    const prompt = { previous: [], sot: [english.sot] };
    const result = await decodeWindow(engine, { prompt, rules, suppressed: [], sampleLength: 9 });
    expect(result).toMatchObject({ tokens: [7, 8], avgLogprob: -2, logprobs: [-1, -2] });
  });
  it("compression is zlib's: 50 bytes of text in 13", () => expect(compressionRatio('ab'.repeat(25))).toBe(50 / 13));
  it('of temperatures that all fail the last stands; silence needs both conditions', async () => {
    const worse = [[7, -9]] as const;
    const decoder = (of: ReturnType<typeof script>) => (task: DecodingTask) => decodeWindow(of.engine, task);
    const options = resolveOptions({ temperature: [0, 0.2, 0.4], noSpeechThreshold: 0.6 }, english, ENGINE);
    const tried = await decodeWithFallback(decoder(script([[7, -4]], worse, worse)), english, options, {
      previous: [],
      sot: [english.sot],
    });
    expect(tried.map((t) => [t.temperature, t.avgLogprob])).toEqual([
      [0, -2],
      [0.2, -4.5],
      [0.4, -4.5],
    ]); // prettier-ignore
    const sampled = { ...options, temperature: [0.2], beamSize: 2 }; // beams are for temperature 0: the script has none
    expect(
      (await decodeWithFallback(decoder(script(worse)), english, sampled, { previous: [], sot: [1] })).length,
    ).toBe(1);
    const scores = (avgLogprob: number, ratio: number) => ({ compressionRatio: ratio, avgLogprob, noSpeechProb: 0.9 });
    expect(needsFallback(scores(-2, 1), options)).toBe(false); // silent
    expect(needsFallback(scores(-0.5, 3), options)).toBe(true); // repeats itself, and is not improbable
  });
});

describe('[pure] results', () => {
  it('punctuation is searched as a string, so `."` moves only where the list has it so', () => {
    const word = (text: string) => ({ word: text, tokens: [1], start: 0, end: 1, probability: 1 });
    const merged = (list: string) => mergePunctuations([word(' Yes'), word('."')], '', list).map((w) => w.word);
    expect(merged('."')).toEqual([' Yes."', '']);
    expect(merged('".')).toEqual([' Yes', '."']);
  });
  it('a segment without duration is kept, but emptied', () => {
    const segment = {
      seek: 0,
      start: 2,
      end: 2,
      text: ' um',
      tokens: [1],
      temperature: 0,
      avg_logprob: 0,
      compression_ratio: 1,
      no_speech_prob: 0,
    };
    expect(clearEmpty(segment)).toMatchObject({ start: 2, text: '', tokens: [], words: [] });
  });
  it('hours: as needed in vtt, always in srt; text is stripped in txt and not in json; halves go to even', () => {
    const segment = {
      id: 0,
      seek: 0,
      start: 0.0005,
      end: 1.5,
      text: ' Hi.',
      tokens: [1],
      temperature: 0,
      avg_logprob: -1,
      compression_ratio: 1,
      no_speech_prob: 0,
    };
    const result = { text: ' Hi.', segments: [segment], language: 'en' };
    expect(writers.vtt.render(result)).toContain('00:00.000 --> 00:01.500');
    expect(writers.srt.render(result)).toContain('00:00:00,000 --> 00:00:01,500');
    expect(writers.txt.render(result)).toBe('Hi.\n');
    expect(writers.json.render(result)).toContain('"text": " Hi."');
    expect(formatTimestamp(3661.5)).toBe('01:01:01.500');
    expect([roundHalfEven(0.5), roundHalfEven(1.5), roundHalfEven(2.5)]).toEqual([0, 2, 2]);
  });
});
