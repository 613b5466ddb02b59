// Pieces of the suites' drawings: bars in groups, light and dark.

import { WHISPER_WGSL } from '../engines/engines.ts';

/** Pixels: where groups begin, of a bar, from bar to bar, from group to group. */
const TOP = 112;
const BAR = 18;
const PITCH = 25;
const GROUP = 40;
/** Between engines of a group. */
const GAP = 6;

/** Classes of text and grid; a chart adds those of its bars. */
const STYLE = `text{font:13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#24292f}.page{fill:#fff}
.title{font-size:17px;font-weight:600}.soft{fill:#57606a;font-size:12px}.model{font-size:14px;font-weight:600}.ours{font-weight:600}
.grid{stroke:#d8dee4}.value{stroke:#fff;stroke-width:4px;paint-order:stroke}tspan.soft{font-weight:400}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.soft{fill:#9198a1}.grid{stroke:#30363d}.value{stroke:#0d1117}}`;

export function document(width: number, height: number, style: string, parts: readonly string[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<style>${STYLE}\n${style}</style><rect class="page" width="100%" height="100%"/>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

export function text(kind: string, x: number, y: number, content: string, more = ''): string {
  return `<text class="${kind}" x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
}

/** A bar's figure at its end, and in soft letters what it is made of. */
export function value(kind: string, x: number, y: number, figure: string, parts: string): string {
  return `<text class="value ${kind}" x="${size(x)}" y="${y}">${figure} <tspan class="soft">${escaped(parts)}</tspan></text>`;
}

export function bar(kind: string, from: number, to: number, y: number, height: number): string {
  return `<rect class="${kind}" x="${size(from)}" y="${y}" width="${size(to - from)}" height="${height}"/>`;
}

/** A row as a bar; the engine's name stands beside its first. */
export interface Row {
  readonly engine: string;
  readonly model: string;
}

/** This package's bars, or others'. */
export const kindOf = ({ engine }: Pick<Row, 'engine'>) => (engine === WHISPER_WGSL.name ? 'ours' : 'theirs');

/** Where a bar lies: its top and height, and the baseline of its text. */
export interface Place {
  readonly y: number;
  readonly height: number;
  readonly baseline: number;
}

/** One group of bars a model, from the top down. */
export function groups<B extends Row>(
  bars: readonly B[],
  draw: (bar: B, place: Place) => string[],
): { readonly parts: string[]; readonly top: number; readonly bottom: number } {
  const parts: string[] = [];
  let y = TOP;
  for (const model of new Set(bars.map((bar) => bar.model))) {
    parts.push(text('model', 20, y + 17, model));
    y += GROUP - 12;
    const group = bars.filter((bar) => bar.model === model);
    group.forEach((bar, i) => {
      const begins = bar.engine !== group[i - 1]?.engine;
      const baseline = () => y + BAR - 5;
      if (begins && i > 0) y += GAP;
      if (begins) parts.push(text(kindOf(bar), 20, baseline(), bar.engine));
      parts.push(...draw(bar, { y, height: BAR, baseline: baseline() }));
      y += PITCH;
    });
    y += GROUP - PITCH;
  }
  return { parts, top: TOP, bottom: y };
}

export interface Axis {
  readonly most: number;
  /** Pixels of a value. */
  readonly x: (value: number) => number;
  /** What a grid line is labelled with. */
  readonly label: (value: number) => string;
}

/** Vertical lines at round values. */
export function grid({ most, x, label }: Axis, top: number, bottom: number): string[] {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = most / power < 4 ? power / 2 : power;
  const lines: string[] = [];
  for (let at = 0; at <= most; at += step) {
    lines.push(`<line class="grid" x1="${size(x(at))}" x2="${size(x(at))}" y1="${top}" y2="${bottom}"/>`);
    lines.push(text('soft', Number(size(x(at))), top - 4, label(at), 'text-anchor="middle"'));
  }
  return lines;
}

const size = (pixels: number) => pixels.toFixed(1);
const escaped = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
