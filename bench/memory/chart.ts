// The driver's peak of each row as an SVG drawing: a bar of two parts, weights and what is beside them, one group a model.

import { WHISPER_WGSL } from '../engines/engines.ts';
import { document, grid, bar as rectangle, text, value } from '../report/svg.ts';
import type { Results, Row } from './results.ts';

const WIDTH = 860;
const LEFT = 244;
const RIGHT = 164;
const TOP = 112;
const BAR = 18;
const PITCH = 25;
const GROUP = 40;
/** Between engines of a group. */
const GAP = 6;

const STYLE = `.weights{fill:#9aa7b8}.beside{fill:#d9773f}.weights.ours{fill:#4f79a8}
@media(prefers-color-scheme:dark){.weights{fill:#6b7686}.weights.ours{fill:#5b8fc9}}`;

interface Bar {
  readonly engine: string;
  readonly label: string;
  readonly weights: number;
  readonly total: number;
}

/** A whole SVG document; rows without a figure have no bar. Where nothing was metered, planned bytes stand in and the title says so. */
export function drawChart({ adapter, unmetered, rows }: Results): string {
  const models = [...new Set(rows.map((row) => row.model))];
  const groups = models.map((model) => ({ model, bars: rows.filter((row) => row.model === model).flatMap(barOf) }));
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map((bar) => bar.total)));
  const x = (bytes: number) => LEFT + (bytes / most) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let y = TOP;
  for (const { model, bars } of groups) {
    if (bars.length === 0) continue;
    parts.push(text('model', 20, y + 17, model));
    y += GROUP - 12;
    bars.forEach((bar, i) => {
      const begins = bar.engine !== bars[i - 1]?.engine;
      if (begins && i > 0) y += GAP;
      if (begins) parts.push(text(kindOf(bar), 20, y + BAR - 5, bar.engine));
      parts.push(...drawBar(bar, y, x));
      y += PITCH;
    });
    y += GROUP - PITCH;
  }
  const height = y + 8;
  const counted = unmetered ? 'as planned' : 'as the driver counts it';
  return document(WIDTH, height, STYLE, [
    text('title', 20, 32, `GPU memory of transcribing, ${counted}: peak, MB`),
    text('soft', 20, 52, `${adapter}; greedy, batch 1, 30 s windows. Less is better.`),
    ...legend(),
    ...grid({ most, x, label: (bytes) => `${Math.round(bytes / 1e6)}` }, TOP - 8, height - 14),
    ...parts,
  ]);
}

function barOf({ engine, label, sample }: Row): Bar[] {
  const total = sample?.peak.driver ?? sample?.plannedBytes;
  if (total === undefined) return [];
  const weights = Math.min(sample?.weightBytes ?? 0, total);
  return [{ engine, label, weights, total }];
}

const kindOf = ({ engine }: Bar) => (engine === WHISPER_WGSL.name ? 'ours' : 'theirs');

function drawBar(bar: Bar, y: number, x: (bytes: number) => number): string[] {
  const { label, weights, total } = bar;
  const split = x(weights);
  const end = x(total);
  const baseline = y + BAR - 5;
  const kind = kindOf(bar);
  return [
    text(kind, LEFT - 10, baseline, label, 'text-anchor="end"'),
    rectangle(`weights ${kind}`, LEFT, split, y, BAR),
    rectangle('beside', split, end, y, BAR),
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
