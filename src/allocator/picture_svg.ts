// A packing as an SVG drawing, for reports: time runs right, addresses run up, a rectangle for each live piece of a
// buffer with its particulars on hover, the arena's height, the bytes live at each moment, and marks for phases.

import { compileInstance } from './instance.ts';
import { liveBytes } from './lower_bound.ts';
import { type Extent, extentOf, formatBytes, type PhaseMark, placedPieces, type Rectangle } from './picture.ts';
import { checkProblem, type Packing, type Problem } from './problem.ts';

export interface SvgPictureOptions {
  /** Pixels of the whole drawing. 1200 x 640 when absent. */
  readonly width?: number;
  readonly height?: number;
  readonly title?: string;
  readonly phases?: readonly PhaseMark[];
}

/** Where the plane of time and addresses lies in the drawing, and how its coordinates map to pixels. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  x(time: number): number;
  y(address: number): number;
}

type Drawn = Pick<Packing, 'offsets' | 'height' | 'lowerBound'>;

const STYLE = `text{font:12px Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#444}.title{font-size:15px;font-weight:600;fill:#222}
.axis{stroke:#999;fill:none}.grid{stroke:#e6e6e6}.label{font-size:10px;fill:#222;pointer-events:none}
.buffer{stroke:#fff;stroke-width:.5}.buffer:hover{stroke:#222;stroke-width:1.5}.peak{stroke:#c62828;stroke-width:1.5}
.peaktext{fill:#c62828;font-weight:600}.live{stroke:#222;stroke-width:1;fill:none;opacity:.55}
.phase{stroke:#555;stroke-dasharray:4 3}`;

/**
 * Draws a packing as a complete SVG document.
 * @throws OptionError when the problem is malformed or the offsets are not one a buffer.
 */
export function drawSvg(problem: Problem, packing: Drawn, options: SvgPictureOptions = {}): string {
  const { width = 1200, height = 640, title = 'Arena', phases = [] } = options;
  checkProblem(problem, 'drawSvg');
  const extent = extentOf(problem, packing);
  const plot = layOut(extent, width, height);
  const pieces = placedPieces(problem, packing, 'drawSvg');
  const ratio = packing.lowerBound > 0 ? packing.height / packing.lowerBound : 1;
  const summary = `${problem.buffers.length} buffers, ${packing.height} bytes, ${ratio.toFixed(4)} x lower bound`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>`,
    `<text class="title" x="${plot.left}" y="24">${escapeXml(title)}</text>`,
    `<text x="${plot.right}" y="24" text-anchor="end">${escapeXml(summary)}</text>`,
    ...drawAxes(extent, plot),
    ...pieces.map((piece) => drawPiece(piece, problem, plot)),
    drawLive(problem, plot),
    ...drawPeak(packing, plot),
    ...phases.map((phase) => drawPhase(phase, plot)),
    '</svg>\n',
  ].join('\n');
}

function layOut({ start, end, height }: Extent, width: number, pixels: number): Plot {
  const [left, right, top, bottom] = [76, width - 20, 64, pixels - 44];
  const headroom = 1.04; // so that the peak line is not the frame
  return {
    left,
    right,
    top,
    bottom,
    x: (time) => left + ((time - start) / (end - start)) * (right - left),
    y: (address) => bottom - (address / (headroom * height || 1)) * (bottom - top),
  };
}

function drawAxes(extent: Extent, plot: Plot): string[] {
  const { left, right, top, bottom } = plot;
  const addresses = ticks(0, extent.height, 6, 2).flatMap((address) => [
    line('grid', left, plot.y(address), right, plot.y(address)),
    text(left - 8, plot.y(address) + 4, formatBytes(address), 'text-anchor="end"'),
  ]);
  const times = ticks(extent.start, extent.end, 10, 10).map((time) =>
    text(plot.x(time), bottom + 18, `${time}`, 'text-anchor="middle"'),
  );
  const frame = `<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>`;
  return [...addresses, ...times, frame, text((left + right) / 2, bottom + 36, 'time', 'text-anchor="middle"')];
}

/** Round values in [from, to], some `wanted` of them; steps are powers of `base` times 1, 2 or 5 (1 when binary). */
function ticks(from: number, to: number, wanted: number, base: 2 | 10): number[] {
  const least = Math.max((to - from) / wanted, 1);
  const power = base ** Math.floor(Math.log(least) / Math.log(base) + 1e-9);
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

function drawPiece({ buffer, left, right, low, high }: Rectangle, { buffers }: Problem, plot: Plot): string {
  const { id, lower, upper, size } = buffers[buffer];
  const [x, y, width, height] = [plot.x(left), plot.y(high), plot.x(right) - plot.x(left), plot.y(low) - plot.y(high)];
  const hue = (buffer * 137.508) % 360; // golden angle: neighbours in the list differ
  const name = `${id}\n${size} bytes at ${low}\nlive [${lower}, ${upper})`;
  const fits = height >= 12 && width >= 6.2 * `${id}`.length + 6;
  const label = fits ? text(x + width / 2, y + height / 2 + 3.5, `${id}`, 'class="label" text-anchor="middle"') : '';
  const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const colour = `hsl(${Math.round(hue)},55%,${buffer % 2 === 0 ? 76 : 68}%)`;
  return `<rect class="buffer" ${box} fill="${colour}"><title>${escapeXml(name)}</title></rect>${label}`;
}

/** The bytes live at each moment, as stairs: what lies between them and the top of the rectangles is waste. */
function drawLive(problem: Problem, plot: Plot): string {
  const instance = compileInstance(problem);
  const steps = Array.from(
    liveBytes(instance),
    (bytes, section) =>
      `${section === 0 ? 'M' : 'L'}${round(plot.x(instance.times[section]))} ${round(plot.y(bytes))}` +
      `H${round(plot.x(instance.times[section + 1]))}`,
  );
  return `<path class="live" d="${steps.join('')}"><title>bytes live</title></path>`;
}

function drawPeak({ height }: Drawn, { left, right, y }: Plot): string[] {
  const label = `peak ${formatBytes(height)}`;
  return [
    line('peak', left, y(height), right, y(height)),
    text(right - 4, y(height) - 5, label, 'class="peaktext" text-anchor="end"'),
  ];
}

function drawPhase({ time, name }: PhaseMark, plot: Plot): string {
  const x = plot.x(time);
  return line('phase', x, plot.top - 18, x, plot.bottom) + text(x + 4, plot.top - 8, name, '');
}

function line(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<path class="${kind}" d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`;
}

/** Hundredths of a pixel are enough. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
