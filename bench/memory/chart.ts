// The driver's peak of each row as an SVG drawing: a bar of two parts, weights and what is beside them, one group a model.

import { document, grid, groups, kindOf, type Place, bar as rectangle, text, value } from '../report/svg.ts';
import type { Results, Row } from './results.ts';

const WIDTH = 860;
const LEFT = 244;
const RIGHT = 164;

const STYLE = `.weights{fill:#9aa7b8}.beside{fill:#d9773f}.weights.ours{fill:#4f79a8}
@media(prefers-color-scheme:dark){.weights{fill:#6b7686}.weights.ours{fill:#5b8fc9}}`;

interface Bar {
  readonly engine: string;
  readonly model: string;
  readonly label: string;
  readonly weights: number;
  readonly total: number;
}

/** A whole SVG document; rows without a figure have no bar. Where nothing was metered, planned bytes stand in and the title says so. */
export function drawChart({ adapter, unmetered, rows }: Results): string {
  const bars = rows.flatMap(barOf);
  const most = Math.max(1, ...bars.map((bar) => bar.total));
  const x = (bytes: number) => LEFT + (bytes / most) * (WIDTH - LEFT - RIGHT);
  const { parts, top, bottom } = groups(bars, (bar, place) => drawBar(bar, place, x));
  const counted = unmetered ? 'as planned' : 'as the driver counts it';
  return document(WIDTH, bottom + 8, STYLE, [
    text('title', 20, 32, `GPU memory of transcribing, ${counted}: peak, MB`),
    text('soft', 20, 52, `${adapter}; greedy, batch 1, 30 s windows. Less is better.`),
    ...legend(),
    ...grid({ most, x, label: (bytes) => `${Math.round(bytes / 1e6)}` }, top - 8, bottom - 6),
    ...parts,
  ]);
}

function barOf({ engine, model, label, sample }: Row): Bar[] {
  const total = sample?.peak.driver ?? sample?.plannedBytes;
  if (total === undefined) return [];
  const weights = Math.min(sample?.weightBytes ?? 0, total);
  return [{ engine, model, label, weights, total }];
}

function drawBar(bar: Bar, { y, height, baseline }: Place, x: (bytes: number) => number): string[] {
  const { label, weights, total } = bar;
  const split = x(weights);
  const end = x(total);
  const kind = kindOf(bar);
  return [
    text(kind, LEFT - 10, baseline, label, 'text-anchor="end"'),
    rectangle(`weights ${kind}`, LEFT, split, y, height),
    rectangle('beside', split, end, y, height),
    value(kind, end + 7, baseline, mb(total), `${mb(weights)} + ${mb(total - weights)}`),
  ];
}

function legend(): string[] {
  const y = 64;
  const swatch = (kind: string, x: number) => rectangle(kind, x, x + 12, y, 12);
  return [
    ...[
      swatch('weights ours', 20),
      swatch('weights theirs', 34),
      text('soft', 52, y + 10, 'weights (this package, others)'),
    ],
    ...[swatch('beside', 252), text('soft', 270, y + 10, 'everything beside the weights')],
  ];
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
