// Rung: pure. Windows of real transcripts with words: raw tokens to the golden segments, and to the next window the trace has.
// Goldens hold the words as they left openai's rules, so these are fed back in: that they come out unchanged shows that they are dealt
// out to segments, and segments given their times, as openai does. The rules that cut long words have goldens of their own.

import { expect, test } from 'vitest';
import type { Segment, Word } from '../../../src/output/result.ts';
import type { Tokenizer } from '../../../src/text/tokenizer.ts';
import { sliceSegments, type WindowSegment } from '../../../src/whisper/segments.ts';
import type { WordTiming } from '../../../src/whisper/words/alignment.ts';
import { mergePunctuations } from '../../../src/whisper/words/merge_punctuations.ts';
import { endsInSingleTimestamp, lastWordEnd, seekAfterWords } from '../../../src/whisper/words/seek.ts';
import {
  APPEND_PUNCTUATIONS,
  addWordTimestamps,
  PREPEND_PUNCTUATIONS,
} from '../../../src/whisper/words/word_timestamps.ts';
import { goldenJson } from '../../support/goldens.ts';
import { tokenizers } from '../../text/fixtures/goldens.ts';

interface Case {
  readonly file: string;
  readonly clip: string;
  readonly model: string;
  readonly language: string;
  readonly kwargs: { word_timestamps?: boolean; hallucination_silence_threshold?: number; clip_timestamps?: string };
}
interface TraceWindow {
  readonly seek: number;
  readonly temperature: number;
  readonly tokens: number[];
  readonly avg_logprob: number;
  readonly no_speech_prob: number;
  readonly compression_ratio: number;
}

const FULL = 3000; // frames of a window
const audio = goldenJson<Record<string, { loaded_samples_16k: number }>>('audio/manifest.json');
const { cases } = goldenJson<{ cases: Case[] }>('cases.json');
const withWords = cases.filter(({ kwargs }) => kwargs.word_timestamps);

const punctuation = { prependPunctuations: PREPEND_PUNCTUATIONS, appendPunctuations: APPEND_PUNCTUATIONS };

/** Words before merging, with the golden times. Merged punctuation fills the gap to the next word; the last gap is not known, 1 s here. */
function scriptedAlignment(
  tokens: readonly number[],
  golden: readonly Word[],
  offset: number,
  tokenizer: Tokenizer,
  language: string,
) {
  const { words, wordTokens } = tokenizer.splitToWordTokens(tokens, language);
  const script = words.map(
    (word, i): WordTiming => ({ word, tokens: wordTokens[i]!, start: 0, end: 0, probability: 0 }),
  );
  const merged = mergePunctuations(script, PREPEND_PUNCTUATIONS, APPEND_PUNCTUATIONS);
  expect(merged.filter(({ word }) => word !== '').map(({ word }) => word)).toEqual(golden.map(({ word }) => word));
  let next = 0; // golden word
  return script.map((timing, i): WordTiming => {
    const before = golden[next - 1]?.end ?? golden[0]!.start;
    const gap = { start: before, end: golden[next]?.start ?? before + 1, probability: 0 };
    const { start, end, probability } = merged[i]!.word === '' ? gap : golden[next++]!;
    const frames = (time: number) => Math.round((time - offset) * 50) / 50; // DTW gives whole frames
    return { ...timing, start: frames(start), end: frames(end), probability };
  });
}

/** Trace windows without their words in the golden: dropped, cut, cleared or skipped as silence. The others are replayed. */
const LOST: Readonly<Record<string, number>> = {
  'es.tiny.en.hallucination1.json': 4,
  'jfk.base.notimestamps_hallucination.json': 1,
  'jfk.base.notimestamps_words.json': 1,
  'silence10.base.words.json': 1,
};

interface GoldenWindow {
  readonly traced: TraceWindow;
  readonly segments: readonly Segment[];
  readonly frames: number;
  readonly contentFrames: number;
  readonly lastSpeechTimestamp: number;
  /** Whether `seek` is where the trace goes on, or lies behind the clip at whose end it does. */
  goesOnAt(seek: number): boolean;
}

function windowsOf({ file, clip, kwargs }: Case): GoldenWindow[] {
  const { segments } = goldenJson<{ segments: Segment[] }>(`transcripts/${file}`);
  const trace = goldenJson<TraceWindow[]>(`traces/${file}`);
  const contentFrames = Math.floor(audio[clip]!.loaded_samples_16k / 160);
  const points = kwargs.clip_timestamps?.split(',').map((t) => Number(t) * 100) ?? [0, contentFrames];
  let lastSpeechTimestamp = 0;
  return trace.map((traced, i) => {
    const own = segments.filter(({ seek }) => seek === traced.seek);
    const end = points.find((point, at) => at % 2 === 1 && point > traced.seek)!;
    const next = trace[i + 1]?.seek ?? Number.POSITIVE_INFINITY;
    const window: GoldenWindow = {
      ...{ traced, segments: own, contentFrames, lastSpeechTimestamp },
      frames: Math.min(FULL, contentFrames - traced.seek, end - traced.seek),
      goesOnAt: (seek) => seek === next || (seek >= end && next >= end),
    };
    lastSpeechTimestamp = lastWordEnd(own) ?? lastSpeechTimestamp;
    return window;
  });
}

/** Segments as the tokens alone say. */
function slice({ traced, frames }: GoldenWindow, tokenizer: Tokenizer) {
  const { seek, tokens, temperature } = traced;
  const scores = {
    ...{ avgLogprob: traced.avg_logprob, noSpeechProb: traced.no_speech_prob },
    compressionRatio: traced.compression_ratio,
  };
  return sliceSegments({ tokens, temperature, ...scores, text: '', logprobs: [] }, { seek, frames }, tokenizer);
}

function goOn(window: GoldenWindow, segments: readonly WindowSegment[], { model, kwargs }: Case) {
  const { traced, frames, contentFrames, lastSpeechTimestamp } = window;
  const tokenizer = tokenizerOf(model);
  const singleTimestampEnding = endsInSingleTimestamp(traced.tokens, tokenizer.timestamp_begin);
  const { advance } = slice(window, tokenizer);
  return seekAfterWords(
    segments,
    { seek: traced.seek, frames, fullFrames: FULL, contentFrames, advance, singleTimestampEnding },
    { hallucinationSilenceThreshold: kwargs.hallucination_silence_threshold ?? null, lastSpeechTimestamp },
  );
}

const tokenizerOf = (model: string) => (model === 'base' ? tokenizers.multilingual : tokenizers.gpt2);
const withoutId = ({ id: _, ...segment }: Segment): WindowSegment => segment;

test.each(withWords)('$file', (golden) => {
  const tokenizer = tokenizerOf(golden.model);
  const all = windowsOf(golden);
  const whole = all.filter(({ segments }) => segments.length > 0 && segments.every(({ words }) => words!.length > 0));
  expect(whole.length).toBe(all.length - (LOST[golden.file] ?? 0));
  for (const window of whole) {
    const { segments } = slice(window, tokenizer);
    const text = segments.flatMap(({ tokens }) => tokens.filter((token) => token < tokenizer.eot));
    const words = window.segments.flatMap((segment) => segment.words!);
    const alignment = scriptedAlignment(text, words, window.traced.seek / 100, tokenizer, golden.language);
    const { lastSpeechTimestamp } = window;
    const timed = addWordTimestamps(segments, alignment, tokenizer.eot, { ...punctuation, lastSpeechTimestamp });
    expect(timed).toEqual(window.segments.map(withoutId));

    const after = goOn(window, timed, golden);
    expect(after).toMatchObject({ segments: timed, drop: false, lastSpeechTimestamp: words.at(-1)!.end });
    expect(window.goesOnAt(after.seek), `${after.seek} after ${window.traced.seek}`).toBe(true);
  }
});

test.each([
  { without: 'es.tiny.en.words.json', file: 'es.tiny.en.hallucination1.json', seek: 0 },
  { without: 'jfk.base.notimestamps_words.json', file: 'jfk.base.notimestamps_hallucination.json', seek: 1036 },
])('$file loses what $without made up at $seek', ({ without, file, seek }) => {
  const at = (name: string) => {
    const golden = withWords.find((one) => one.file === name)!;
    return { golden, window: windowsOf(golden).find(({ traced }) => traced.seek === seek)! };
  };
  const { golden, window } = at(file);
  const madeUp = at(without).window;
  expect(madeUp.traced.tokens).toEqual(window.traced.tokens);
  expect(window.segments).toEqual([]);
  const after = goOn(window, madeUp.segments.map(withoutId), golden);
  expect(after).toMatchObject({ segments: [], lastSpeechTimestamp: window.lastSpeechTimestamp });
  expect(window.goesOnAt(after.seek)).toBe(true);
});
