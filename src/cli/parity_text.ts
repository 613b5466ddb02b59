// The report of `parity` as text for people and as JSON for programs.

import type { TranscriptionResult } from '../output/result.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Parity } from '../whisper/parity/check.ts';
import type { Divergence } from '../whisper/parity/divergence.ts';
import type { WindowTrace } from '../whisper/transcribe.ts';

/** Candidates named, and tokens shown before a token that differs. */
const NAMED = 5;
const CONTEXT = 12;

export function parityText(parity: Parity, openai: TranscriptionResult, tokenizer: Tokenizer): string {
  const { divergence, values, ours } = parity;
  const count = divergence?.segmentsBefore ?? ours.segments.length;
  const [first] = values;
  const show = (value: string | number | undefined) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${[
    ...(divergence ? describe(divergence, parity, openai, tokenizer) : []),
    ...(first
      ? [
          `${counted(values.length, 'value')} ${values.length === 1 ? 'differs' : 'differ'}${divergence ? ' before that' : ', though all tokens are the same'}`,
        ]
      : []),
    ...(first ? [field('the first', `${first.path}: ours ${show(first.ours)}, openai's ${show(first.openai)}`)] : []),
    ...(divergence || first ? [] : [`identical: ${alike(parity, count)}, scores within 0.001`]),
    ...(divergence && count > 0 ? [field('before it', `${alike(parity, count)}: the same`)] : []),
  ].join('\n')}\n`;
}

function alike({ ours }: Parity, count: number): string {
  const segments = ours.segments.slice(0, count);
  const sum = (of: (segment: (typeof segments)[number]) => number) => segments.reduce((n, each) => n + of(each), 0);
  const words = sum((segment) => segment.words?.length ?? 0);
  const tokens = sum((segment) => segment.tokens.length);
  return [counted(count, 'segment'), counted(tokens, 'token'), ...(words > 0 ? [counted(words, 'word')] : [])].join(
    ', ',
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function describe(divergence: Divergence, parity: Parity, openai: TranscriptionResult, tokenizer: Tokenizer): string[] {
  const { kind, ours: one, openai: other } = divergence;
  if (kind === 'language') return [`the language differs: ours ${one}, openai's ${other}`];
  const { window } = divergence;
  if (kind === 'token') return describeToken(parity, openai, tokenizer);
  if (kind === 'temperature') {
    return [`the temperature differs in ${place(window!)}: ours ${one}, openai's ${other}`, ...attempts(window!)];
  }
  const next = (seek: number | undefined) => (seek === undefined ? 'at the end' : `in the window at ${seconds(seek)}`);
  const parting = window ? [`${place(window)} is where they part; ours: ${window.fate}`, ...attempts(window)] : [];
  return [`the next segments are of different windows: ours ${next(one)}, openai's ${next(other)}`, ...parting];
}

/** One line for each temperature that our engine tried. */
function attempts({ attempts: tried }: WindowTrace): string[] {
  return tried.map(({ temperature, avgLogprob, compressionRatio, noSpeechProb }) => {
    const scores = `average log-probability ${avgLogprob.toFixed(4)}, compression ratio ${compressionRatio.toFixed(3)}`;
    return field(`ours at ${Number(temperature.toFixed(6))}`, `${scores}, no speech ${noSpeechProb.toFixed(4)}`);
  });
}

function describeToken(parity: Parity, openai: TranscriptionResult, tokenizer: Tokenizer): string[] {
  const found = tokenFields(parity, openai, tokenizer)!;
  const { window, step, ours, openai: theirs, best, margin, after, scores } = found;
  const line = ({ token, text, logprob, rank }: RankedToken) => {
    const chance =
      logprob === undefined ? 'which the rules forbid' : `log-probability ${logprob.toFixed(4)}, rank ${rank}`;
    return `${JSON.stringify(text)} (${token}), ${chance}`;
  };
  const sampled =
    window.temperature > 0 ? ' Above temperature 0 tokens are drawn at random, ours by other numbers.' : '';
  return [
    `the tokens differ at step ${step} of ${place(window)}, temperature ${window.temperature}.${sampled}`,
    field('after', JSON.stringify(after)),
    field('openai', theirs ? line(theirs) : 'not in its result: the end of the window, or text it cut off'),
    field('ours', line(ours)),
    ...(margin === undefined ? [] : [field('margin', `${margin.toFixed(4)} between our best and second`)]),
    ...best.map((candidate) => field(`  ${candidate.rank}`, line(candidate))),
    field(
      'window',
      `average log-probability ours ${scores.ours.toFixed(4)}, openai's ${scores.openai?.toFixed(4) ?? 'unknown'}`,
    ),
  ];
}

interface RankedToken {
  readonly token: number;
  readonly text: string;
  /** Under the rules; absent for a token that they forbid. */
  readonly logprob?: number;
  readonly rank?: number;
}

/** All that is known of a token's divergence. */
function tokenFields({ divergence, candidates }: Parity, openai: TranscriptionResult, tokenizer: Tokenizer) {
  if (divergence?.kind !== 'token') return undefined;
  const { window, step, ours, openai: theirs } = divergence;
  const { tokens, temperature, avgLogprob } = window.attempts.at(-1)!;
  const ranked = (token: number): RankedToken => {
    const at = candidates.findIndex((candidate) => candidate.token === token);
    const text = tokenizer.decodeWithTimestamps([token]);
    return { token, text, ...(at >= 0 && { logprob: candidates[at]!.logprob, rank: at + 1 }) };
  };
  const [best, second] = candidates;
  return {
    window: { seek: window.seek, frames: window.frames, temperature },
    step,
    after: tokenizer.decodeWithTimestamps(tokens.slice(Math.max(0, step - CONTEXT), step)),
    ours: ranked(ours),
    ...(theirs !== undefined && { openai: ranked(theirs) }),
    ...(best && second && { margin: best.logprob - second.logprob }),
    best: candidates.slice(0, NAMED).map(({ token }) => ranked(token)),
    scores: { ours: avgLogprob, openai: openai.segments.find(({ seek }) => seek === window.seek)?.avg_logprob },
  };
}

/** Seeks in frames of 10 ms. */
export function parityJson(parity: Parity, openai: TranscriptionResult, tokenizer: Tokenizer): string {
  const { divergence, values, ours } = parity;
  const report = {
    identical: divergence === undefined && values.length === 0,
    segments_before: divergence?.segmentsBefore ?? ours.segments.length,
    divergence: divergence && { ...divergence, ...tokenFields(parity, openai, tokenizer) },
    values,
    text: { ours: ours.text, openai: openai.text },
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function place({ seek }: Pick<WindowTrace, 'seek'>): string {
  return `the window at ${seconds(seek)}`;
}

function seconds(seek: number): string {
  return `${(seek / 100).toFixed(2)} s (seek ${seek})`;
}

function field(name: string, value: string): string {
  return `${name.padEnd(12)} ${value}`;
}
