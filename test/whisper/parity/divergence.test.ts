// Rung: pure. Where two decodings of the same windows part, as far as openai/whisper's result tells: by hand, and held against the tokens
// of the windows that both results were made of.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../src/text/tokenizer.ts';
import { readTokenizerFile } from '../../../src/whisper/model_folder.ts';
import { findDivergence } from '../../../src/whisper/parity/divergence.ts';
import { valueDifferences } from '../../../src/whisper/parity/values.ts';
import { clearEmpty, sliceSegments } from '../../../src/whisper/segments.ts';
import type { Transcription, WindowTrace } from '../../../src/whisper/transcribe.ts';
import { goldenJson } from '../../support/goldens.ts';
import { BUNDLED } from '../../support/weights.ts';

const tokenizer = loadTokenizer(JSON.parse((await readTokenizerFile(BUNDLED))!), { n_vocab: 51_864 });
const { eot, timestamp_begin: T } = tokenizer;

interface Heard {
  readonly seek: number;
  readonly tokens: readonly number[];
  readonly temperature?: number;
  readonly fate?: WindowTrace['fate'];
}

/** The result of windows in which these tokens were picked. */
function made(windows: readonly Heard[], language = 'en'): Transcription {
  const traces = windows.map(({ seek, tokens, temperature = 0, fate = 'kept' }): WindowTrace => {
    const attempt = {
      tokens,
      logprobs: [],
      temperature,
      text: '',
      noSpeechProb: 0,
      avgLogprob: -0.5,
      compressionRatio: 1,
    };
    return { seek, frames: 3000, prompt: [], attempts: [attempt], fate };
  });
  const segments = traces
    .filter(({ fate }) => fate === 'kept')
    .flatMap((window) => sliceSegments(window.attempts[0]!, window, tokenizer).segments.map(clearEmpty));
  return { text: '', language, windows: traces, segments: segments.map((segment, id) => ({ id, ...segment })) };
}

const parting = (openai: readonly Heard[], ours: readonly Heard[]) =>
  findDivergence(made(openai), made(ours), tokenizer);
const A = { seek: 0, tokens: [T, 10, 11, T + 100, T + 100, 12, 13, T + 500, T + 500] };
const B = { seek: 1000, tokens: [T, 20, 21, T + 90, T + 90, 22, T + 200] };

describe('[pure] divergence', () => {
  it('none where both are alike, whatever was cut off behind the last pair', () => {
    expect(parting([A, B], [A, B])).toBeUndefined();
    expect(parting([A, B], [{ ...A, tokens: [...A.tokens, 14, 15] }, B])).toBeUndefined();
    expect(parting([], [])).toBeUndefined();
  });

  it('a token: counted from the begin of its window, with the segments of the windows before', () => {
    const other = { seek: 1000, tokens: B.tokens.with(5, 23) };
    expect(parting([A, other], [A, B])).toMatchObject({
      ...{ kind: 'token', segmentsBefore: 2, step: 5, ours: 22, openai: 23 },
      window: { seek: 1000 },
    });
  });

  it('a segment that only one has: what the other picked there is not known', () => {
    const short = { seek: 0, tokens: A.tokens.slice(0, 5) };
    expect(parting([short], [A])).toMatchObject({ kind: 'token', step: 4, ours: T + 100, openai: undefined });
    expect(parting([A], [short])).toMatchObject({ kind: 'token', step: 5, ours: eot, openai: 12 });
  });

  it('an end without a timestamp is known to be an end', () => {
    const open = { seek: 0, tokens: [T, 10, 11] };
    expect(parting([open], [A])).toMatchObject({ kind: 'token', step: 3, ours: T + 100, openai: eot });
    expect(parting([A], [open])).toMatchObject({ kind: 'token', step: 3, ours: eot, openai: T + 100 });
  });

  it('an emptied segment does not move the count', () => {
    const blank = { seek: 0, tokens: [T, 220, T + 100, T + 100, 12, 13, T + 500, T + 500] };
    expect(made([blank]).segments[0]!.tokens).toEqual([]);
    const other = { seek: 0, tokens: blank.tokens.with(5, 99) };
    expect(parting([other], [blank])).toMatchObject({ kind: 'token', step: 5, ours: 13, openai: 99 });
  });

  it('language and temperature', () => {
    expect(findDivergence(made([A], 'de'), made([A]), tokenizer)).toEqual({
      ...{ kind: 'language', segmentsBefore: 0, ours: 'en', openai: 'de' },
    });
    const warm = { ...B, temperature: 0.2 };
    expect(parting([A, warm], [A, B])).toMatchObject({ kind: 'temperature', segmentsBefore: 2, ours: 0, openai: 0.2 });
    expect(parting([{ ...B, temperature: 0.6 }], [{ ...B, temperature: 0.6000000000000001 }])).toBeUndefined();
  });

  it('windows: one that is silent for one of them, and seeks that part', () => {
    const silent = { ...B, fate: 'silent' } as const;
    const C = { seek: 4000, tokens: B.tokens };
    expect(parting([A, B, C], [A, silent, C])).toMatchObject({
      ...{ kind: 'window', segmentsBefore: 2, ours: 4000, openai: 1000 },
      window: { seek: 1000, fate: 'silent' },
    });
    expect(parting([A, B], [A, silent])).toMatchObject({ kind: 'window', ours: undefined, openai: 1000 });
    expect(parting([A, silent, C], [A, B, C])).toMatchObject({
      ...{ kind: 'window', ours: 1000, openai: 4000 },
      window: { seek: 1000, fate: 'kept' },
    });
    const moved = { ...B, seek: 980 };
    expect(parting([A, moved], [A, B])).toMatchObject({ kind: 'window', ours: 1000, openai: 980, window: { seek: 0 } });
  });

  it('a token that a silent window of ours picked otherwise', () => {
    const silent = { ...B, tokens: [T, 20, 29], fate: 'silent' } as const;
    expect(parting([A, B], [A, silent])).toMatchObject({
      kind: 'token',
      segmentsBefore: 2,
      step: 2,
      ours: 29,
      openai: 21,
    });
  });

  it('what is said of any two decodings is true of their tokens', () => {
    const segment = fc.tuple(fc.array(fc.integer({ min: 500, max: 503 }), { minLength: 1, maxLength: 3 }), fc.nat(20));
    const tokens = fc.tuple(fc.array(segment, { maxLength: 4 }), fc.nat(3)).map(([segments, cut]) => {
      let time = 0;
      const all = segments.flatMap(([text, length]) => {
        const begin = time;
        time += 1 + length;
        return [T + begin, ...text, T + time];
      });
      return all.slice(0, Math.max(1, all.length - cut));
    });
    const windows = fc.array(tokens, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(windows, windows, fc.boolean(), (theirs, others, alike) => {
        const ours = alike ? theirs.map((list, i) => (i === theirs.length - 1 ? others[0]! : list)) : others;
        const heard = (lists: readonly number[][]) => lists.map((list, i) => ({ seek: 3000 * i, tokens: list }));
        const found = parting(heard(theirs), heard(ours));
        if (found === undefined || found.kind !== 'token') {
          const known = (lists: readonly number[][]) => made(heard(lists)).segments.map((s) => s.tokens.join());
          if (found === undefined) expect(known(ours)).toEqual(known(theirs));
          return;
        }
        const [a, b] = [ours, theirs].map((lists) => lists[found.window.seek / 3000]!) as [number[], number[]];
        expect(a.slice(0, found.step)).toEqual(b.slice(0, found.step));
        expect(found.ours).toBe(a[found.step] ?? eot);
        if (found.openai !== undefined) expect(found.openai).toBe(b[found.step] ?? eot);
        if (found.openai !== undefined) expect(found.ours).not.toBe(found.openai);
        expect(made(heard(theirs)).segments.findIndex(({ seek }) => seek >= found.window.seek)).toBe(
          found.segmentsBefore === made(heard(theirs)).segments.length ? -1 : found.segmentsBefore,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('[pure] values', () => {
  const golden = goldenJson<Transcription>('transcripts/jfk.tiny.en.words.json');
  const [first, second] = golden.segments as [(typeof golden.segments)[0], (typeof golden.segments)[0]];
  const changed = (segment: Partial<typeof first>, text = golden.text) =>
    valueDifferences(golden, { ...golden, text, segments: [{ ...first, ...segment }, second] }, 9).map((d) => d.path);

  it('none of a result and itself, nor within the tolerances', () => {
    expect(changed({})).toEqual([]);
    expect(changed({ avg_logprob: first.avg_logprob + 9e-4, start: first.start + 1e-9 })).toEqual([]);
  });

  it('each by its name', () => {
    expect(changed({ start: first.start + 0.01, no_speech_prob: first.no_speech_prob + 2e-3 })).toEqual([
      ...['segments[0].start', 'segments[0].no_speech_prob'],
    ]);
    const words = first.words!.with(1, { ...first.words![1]!, end: 9, probability: 0 });
    expect(changed({ words })).toEqual(['segments[0].words[1].end', 'segments[0].words[1].probability']);
    expect(changed({ words: first.words!.slice(0, -1) })[0]).toBe('segments[0].words.length');
    expect(changed({}, 'other')).toEqual(['text']);
  });

  it('of so many segments only', () => {
    const { segments } = golden;
    expect(
      valueDifferences(golden, { ...golden, text: '', segments: segments.map((s) => ({ ...s, end: 0 })) }, 1),
    ).toEqual([{ path: 'segments[0].end', ours: 0, openai: first.end }]);
  });
});
