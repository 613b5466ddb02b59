// What is made of the samples: figures of a row, and this package beside the fastest peer. Seconds.

import { WHISPER_WGSL } from '../engines/engines.ts';
import { type Spread, spread } from '../report/spread.ts';
import type { Results, Row } from './results.ts';

export interface Figures {
  readonly load: Spread | undefined;
  /** Load and first transcription of a process: its cache of kernels empty, and filled. */
  readonly coldText: number | undefined;
  readonly warmText: Spread | undefined;
  readonly encoder: Spread | undefined;
  /** A token: decoder passes of one token, over the tokens that they gave. */
  readonly token: Spread | undefined;
  readonly whole: Spread | undefined;
  /** Seconds of work for a second of audio. */
  readonly realTimeFactor: number | undefined;
  /** Decoder passes of a token in a transcription. */
  readonly tokens: number | undefined;
}

export function figuresOf({ cold, warm }: Row, clip: number): Figures {
  const calls = warm.flatMap((sample) => sample.calls);
  const stages = calls.flatMap((call) => call.stages ?? []);
  const whole = spreadOrNone(calls.map((call) => call.seconds));
  return {
    load: spreadOrNone(warm.map((sample) => sample.load)),
    coldText: cold && cold.load + cold.first,
    warmText: spreadOrNone(warm.map((sample) => sample.load + sample.first)),
    encoder: spreadOrNone(stages.map((stage) => stage.encode)),
    token: spreadOrNone(stages.map((stage) => stage.decode / stage.tokens)),
    whole,
    realTimeFactor: whole && whole.min / clip,
    tokens: stages.at(-1)?.tokens,
  };
}

function spreadOrNone(values: readonly number[]): Spread | undefined {
  return values.length > 0 ? spread(values) : undefined;
}

/** How many times as fast as the fastest peer this package sets out to be. */
const MARKS = [
  { name: 'encoder', mark: 2.5, seconds: ({ encoder }: Figures) => encoder?.min },
  { name: 'a token', mark: 5, seconds: ({ token }: Figures) => token?.min },
  { name: 'whole transcription', mark: 3, seconds: ({ whole }: Figures) => whole?.min },
  { name: 'first text, cold start', mark: 1, seconds: ({ coldText }: Figures) => coldText },
] as const;

export interface Comparison {
  readonly name: string;
  readonly mark: number;
  /** The fastest of the peers' rows on the GPU, by this figure. */
  readonly peer: { readonly row: Row; readonly seconds: number };
  /** Of each row of ours: its seconds, and the peer's over them. */
  readonly ours: readonly { readonly row: Row; readonly seconds: number; readonly ratio: number }[];
  /** Labels of those of ours that reach the mark. */
  readonly met: readonly string[];
}

/** Rows that heard other words are no part of it. Marks that no peer, or no row of ours, has a figure for are left out. */
export function compare({ rows, clip }: Results, model: string): Comparison[] {
  const able = rows.filter((row) => row.model === model && row.sameWords && row.device === 'gpu');
  return MARKS.flatMap(({ name, mark, seconds }) => {
    const timed = able.flatMap((row) => {
      const value = seconds(figuresOf(row, clip));
      return value === undefined ? [] : [{ row, seconds: value }];
    });
    const isOurs = ({ row }: { readonly row: Row }) => row.engine === WHISPER_WGSL.name;
    const [peer] = timed.filter((entry) => !isOurs(entry)).sort((a, b) => a.seconds - b.seconds);
    if (peer === undefined) return [];
    const ours = timed.filter(isOurs).map((entry) => ({ ...entry, ratio: peer.seconds / entry.seconds }));
    const met = ours.filter(({ ratio }) => ratio >= mark).map(({ row }) => row.label);
    return ours.length === 0 ? [] : [{ name, mark, peer, ours, met }];
  });
}
