// The driver's peak of each row as an SVG drawing: a bar of two parts, weights and what is beside them, one group a model.

import { OUR_NAME } from './engines.ts';
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

const STYLE = `text{font:13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#24292f}.page{fill:#fff}
.title{font-size:17px;font-weight:600}.soft{fill:#57606a;font-size:12px}.model{font-size:14px;font-weight:600}.ours{font-weight:600}
.weights{fill:#9aa7b8}.beside{fill:#d9773f}.weights.ours{fill:#4f79a8}.grid{stroke:#d8dee4}
.bytes{stroke:#fff;stroke-width:4px;paint-order:stroke}tspan.soft{font-weight:400}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.soft{fill:#9198a1}.grid{stroke:#30363d}
.weights{fill:#6b7686}.weights.ours{fill:#5b8fc9}.bytes{stroke:#0d1117}}`;

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
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<style>${STYLE}</style><rect class="page" width="100%" height="100%"/>`,
    text(
      'title',
      20,
      32,
      `GPU memory of transcribing, ${unmetered ? 'as planned' : 'as the driver counts it'}: peak, MB`,
    ),
    text('soft', 20, 52, `${adapter}; greedy, batch 1, 30 s windows. Less is better.`),
    ...legend(),
    ...grid(most, x, TOP - 8, height - 14),
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

function barOf({ engine, label, sample }: Row): Bar[] {
  const total = sample?.peak.driver ?? sample?.plannedBytes;
  if (total === undefined) return [];
  const weights = Math.min(sample?.weightBytes ?? 0, total);
  return [{ engine, label, weights, total }];
}

const kindOf = ({ engine }: Bar) => (engine === OUR_NAME ? 'ours' : 'theirs');

function drawBar(bar: Bar, y: number, x: (bytes: number) => number): string[] {
  const { label, weights, total } = bar;
  const split = x(weights);
  const end = x(total);
  const baseline = y + BAR - 5;
  const kind = kindOf(bar);
  return [
    text(kind, LEFT - 10, baseline, label, 'text-anchor="end"'),
    `<rect class="weights ${kind}" x="${LEFT}" y="${y}" width="${size(split - LEFT)}" height="${BAR}"/>`,
    `<rect class="beside" x="${size(split)}" y="${y}" width="${size(end - split)}" height="${BAR}"/>`,
    `<text class="bytes ${kind}" x="${size(end + 7)}" y="${baseline}">${mb(total)} ` +
      `<tspan class="soft">${mb(weights)} + ${mb(total - weights)}</tspan></text>`,
  ];
}

function legend(): string[] {
  const y = 64;
  const swatch = (kind: string, x: number) => `<rect class="${kind}" x="${x}" y="${y}" width="12" height="12"/>`;
  return [
    ...[
      swatch('weights ours', 20),
      swatch('weights theirs', 34),
      text('soft', 52, y + 10, 'weights (this package, others)'),
    ],
    ...[swatch('beside', 252), text('soft', 270, y + 10, 'everything beside the weights')],
  ];
}

function grid(most: number, x: (bytes: number) => number, top: number, bottom: number): string[] {
  const step = 10 ** Math.floor(Math.log10(most)) / (most / 10 ** Math.floor(Math.log10(most)) < 4 ? 2 : 1);
  const lines: string[] = [];
  for (let bytes = 0; bytes <= most; bytes += step) {
    lines.push(`<line class="grid" x1="${size(x(bytes))}" x2="${size(x(bytes))}" y1="${top}" y2="${bottom}"/>`);
    lines.push(text('soft', Number(size(x(bytes))), top - 4, `${Math.round(bytes / 1e6)}`, 'text-anchor="middle"'));
  }
  return lines;
}

function text(kind: string, x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text class="${kind}" x="${x}" y="${y}" ${more}>${escaped}</text>`;
}

const size = (pixels: number) => pixels.toFixed(1);
const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
