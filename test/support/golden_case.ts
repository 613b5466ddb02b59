// One golden: what openai/whisper's transcribe returned for a clip, a model and options, and our result held against it.

import { fileURLToPath } from 'node:url';
import type { TranscribeOptions } from '../../src/whisper/options.ts';
import type { Transcription } from '../../src/whisper/transcribe.ts';
import type { LoadOptions } from '../../src/whisper/whisper.ts';
import { goldenJson } from './goldens.ts';

export interface GoldenCase {
  readonly file: string;
  readonly clip: string;
  readonly model: 'tiny.en' | 'base';
  readonly option: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** openai's own result does not change under noise of 1e-4 in the mel. */
  readonly stable_tokens: boolean;
  /** Of results with words: neither do they. */
  readonly stable_words?: boolean;
  readonly min_greedy_margin: number | null;
}

/** openai's keyword arguments, as ours. */
const OPTION_NAMES: Readonly<Record<string, keyof TranscribeOptions>> = {
  temperature: 'temperature',
  beam_size: 'beamSize',
  patience: 'patience',
  length_penalty: 'lengthPenalty',
  word_timestamps: 'wordTimestamps',
  hallucination_silence_threshold: 'hallucinationSilenceThreshold',
  condition_on_previous_text: 'conditionOnPreviousText',
  without_timestamps: 'withoutTimestamps',
  initial_prompt: 'initialPrompt',
  carry_initial_prompt: 'carryInitialPrompt',
  prefix: 'prefix',
  task: 'task',
  language: 'language',
  max_initial_timestamp: 'maxInitialTimestamp',
  suppress_tokens: 'suppressTokens',
  clip_timestamps: 'clipTimestamps',
};

/** All goldens whose options the engine has. */
export function goldenCases(): GoldenCase[] {
  const { cases } = goldenJson<{ cases: GoldenCase[] }>('cases.json');
  return cases.filter((c) => Object.keys(c.kwargs).every((name) => name === 'fp16' || name in OPTION_NAMES));
}

export function optionsOf({ kwargs }: GoldenCase): TranscribeOptions {
  const entries = Object.entries(kwargs).filter(([name]) => name !== 'fp16');
  const numbers = (text: unknown) =>
    String(text)
      .split(',')
      .filter((part) => part !== '')
      .map(Number);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const list = name === 'suppress_tokens' || name === 'clip_timestamps';
      return [OPTION_NAMES[name], list ? numbers(value) : value];
    }),
  );
}

/** What an engine must be loaded with for a case: caches that do not round where openai's words change under less noise than rounding. */
export function loadFor(golden: GoldenCase): Pick<LoadOptions, 'sequences' | 'words' | 'cache'> {
  const { beam_size, word_timestamps: words } = golden.kwargs as { beam_size?: number; word_timestamps?: boolean };
  return {
    ...(beam_size !== undefined && { sequences: beam_size }),
    ...(words && { words }),
    ...(golden.stable_words === false && { cache: 'f32' }),
  };
}

/** Clips that need resampling are taken as openai's loader gave them; the resampler has tests of its own. */
export function clipPath({ clip }: Pick<GoldenCase, 'clip'>): string {
  const name = ['jfk_stereo44', 'lv0920_8k8bit'].includes(clip) ? `${clip}.loaded16k` : clip;
  return fileURLToPath(new URL(`../goldens/audio/${name}.flac`, import.meta.url));
}

/** What differs: tokens, times and words exactly, scores and words' probabilities beyond 1e-3. Empty when all is the same. */
export function differences(golden: GoldenCase, got: Transcription): string[] {
  const want = goldenJson<Transcription>(`transcripts/${golden.file}`);
  const faults: string[] = [];
  const same = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      faults.push(`${what}: expected ${JSON.stringify(b)}, got ${JSON.stringify(a)}`);
  };
  same('language', got.language, want.language);
  same('text', got.text, want.text);
  same('segments', got.segments.length, want.segments.length);
  want.segments.forEach((segment, i) => {
    const ours = got.segments[i];
    if (!ours) return;
    for (const name of ['id', 'seek', 'start', 'end', 'text', 'tokens', 'temperature'] as const) {
      same(`segments[${i}].${name}`, ours[name], segment[name]);
    }
    for (const name of ['avg_logprob', 'compression_ratio', 'no_speech_prob'] as const) {
      if (!(Math.abs(ours[name] - segment[name]) <= 1e-3)) same(`segments[${i}].${name}`, ours[name], segment[name]);
    }
    same(`segments[${i}].words`, ours.words?.length, segment.words?.length);
    segment.words?.forEach((word, j) => {
      const { probability = Number.NaN, ...times } = ours.words?.[j] ?? {};
      const { probability: wanted, ...want } = word;
      same(`segments[${i}].words[${j}]`, times, want);
      if (!(Math.abs(probability - wanted) <= 1e-3))
        same(`segments[${i}].words[${j}].probability`, probability, wanted);
    });
  });
  return faults;
}
