// A transcription of each row as an SVG drawing: a bar of encoder, tokens and the rest, one group a model. Least of all calls.

import { document, grid, groups, kindOf, type Place, bar as rectangle, text, value } from '../report/svg.ts';
import { figuresOf } from './figures.ts';
import type { Results, Row } from './results.ts';

const WIDTH = 860;
const LEFT = 280;
const RIGHT = 200;

const STYLE = `.encoder{fill:#9aa7b8}.encoder.ours{fill:#4f79a8}.tokens{fill:#d9773f}.rest{fill:#c9b458}
@media(prefers-color-scheme:dark){.encoder{fill:#6b7686}.encoder.ours{fill:#5b8fc9}}`;

interface Bar {
  readonly engine: string;
  readonly model: string;
  readonly label: string;
  readonly encoder: number;
  readonly tokens: number;
  readonly whole: number;
  /** Seconds to the first text of a process that finds no cache. */
  readonly cold: number | undefined;
}

/** A whole SVG document; rows without a figure have no bar. */
export function drawChart({ adapter, rows, clip }: Results): string {
  const bars = rows.flatMap((row) => barOf(row, clip));
  const most = Math.max(0.1, ...bars.map((bar) => bar.whole));
  const x = (seconds: number) => LEFT + (seconds / most) * (WIDTH - LEFT - RIGHT);
  const { parts, top, bottom } = groups(bars, (bar, place) => drawBar(bar, place, x));
  return document(WIDTH, bottom + 8, STYLE, [
    text('title', 20, 32, `Transcribing ${clip.toFixed(0)} s of speech, warm: seconds`),
    text(
      'soft',
      20,
      52,
      `${adapter}; greedy, batch 1. Less is better. In brackets: load and first text of a cold start.`,
    ),
    ...legend(),
    ...grid({ most, x, label: (seconds) => `${Number(seconds.toPrecision(3))}` }, top - 8, bottom - 6),
    ...parts,
  ]);
}

/** Where an engine does not tell its stages, all of its time is the rest. */
function barOf(row: Row, clip: number): Bar[] {
  const { encoder, token, tokens = 0, whole, coldText } = figuresOf(row, clip);
  if (whole === undefined) return [];
  const encoding = Math.min(encoder?.min ?? 0, whole.min);
  const decoding = Math.min((token?.min ?? 0) * tokens, whole.min - encoding);
  const { engine, model, label } = row;
  return [{ engine, model, label, encoder: encoding, tokens: decoding, whole: whole.min, cold: coldText }];
}

function drawBar(bar: Bar, { y, height, baseline }: Place, x: (seconds: number) => number): string[] {
  const { label, encoder, tokens, whole, cold } = bar;
  const kind = kindOf(bar);
  return [
    text(kind, LEFT - 10, baseline, label, 'text-anchor="end"'),
    rectangle(`encoder ${kind}`, LEFT, x(encoder), y, height),
    rectangle('tokens', x(encoder), x(encoder + tokens), y, height),
    rectangle('rest', x(encoder + tokens), x(whole), y, height),
    value(kind, x(whole) + 7, baseline, whole.toFixed(2), cold === undefined ? '' : `(${cold.toFixed(1)})`),
  ];
}

function legend(): string[] {
  const y = 64;
  const swatch = (kind: string, x: number) => rectangle(kind, x, x + 12, y, 12);
  return [
    ...[
      swatch('encoder ours', 20),
      swatch('encoder theirs', 34),
      text('soft', 52, y + 10, 'encoder (this package, others)'),
    ],
    ...[swatch('tokens', 252), text('soft', 270, y + 10, 'tokens')],
    ...[swatch('rest', 334), text('soft', 352, y + 10, 'everything else')],
  ];
}
