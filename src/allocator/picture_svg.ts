// A packing as an SVG drawing, for reports: time runs right in bands of phases, addresses run up, a rectangle for each live
// piece of a buffer, the arena's height, and the bytes live at each moment. A complete document; nothing from outside.

import { compileInstance } from './instance.ts';
import { liveBytes } from './lower_bound.ts';
import { drawPieces, type Plot } from './picture_pieces.ts';
import {
  type Band,
  bandsOf,
  type Drawn,
  type Extent,
  extentOf,
  formatBytes,
  type Kind,
  kindsUsed,
  type PhaseMark,
  placedPieces,
  timeScale,
} from './picture_plane.ts';
import { checkProblem, type Problem } from './problem.ts';
import { escapeXml, line, rectangle, round, text } from './svg.ts';

export interface SvgPictureOptions {
  /** Pixels of the whole drawing. 1280 x 720 when absent. */
  readonly width?: number;
  readonly height?: number;
  readonly title?: string;
  readonly phases?: readonly PhaseMark[];
  /** By buffer. When absent, colours only tell neighbours apart. */
  readonly kinds?: readonly Kind[];
}

const NARROWEST_STAIR = 1.2; // pixels

/** Bytes live in [start, end). */
interface Step {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

const STYLE = `.memory text{font:11px Inter,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#4b5563}
.memory .title{font-size:16px;font-weight:600;fill:#111827}.memory .phase{font-size:12px;font-weight:600;fill:#1f2937}
.memory .label{font-size:10px;fill:#1f2937;pointer-events:none;paint-order:stroke;stroke:#fff;stroke-opacity:.35;stroke-width:2.5px}.memory .axis{stroke:#9ca3af;fill:none}
.memory .grid{stroke:#e5e7eb}.memory .band{fill:#f3f4f6}.memory .band.even{fill:#fafafa}.memory .edge{stroke:#d1d5db}
.memory .buffer{stroke:#fff;stroke-width:.6}.memory .flat{stroke:none}.memory .buffer:hover{stroke:#111827;stroke-width:1.2}
.memory .live{stroke:#111827;stroke-width:.9;stroke-opacity:.8;fill:none;pointer-events:none}
.memory .peak{stroke:#dc2626;stroke-width:1.4}.memory .peaktext{fill:#dc2626;font-weight:600}.memory .bound{stroke:#dc2626;stroke-dasharray:5 4}`;

/**
 * Draws a packing as a complete SVG document.
 * @throws OptionError when the problem is malformed or the offsets are not one a buffer.
 */
export function drawSvg(problem: Problem, packing: Drawn, options: SvgPictureOptions = {}): string {
  const { width = 1280, height = 720, title = 'Arena', phases = [], kinds } = options;
  checkProblem(problem, 'drawSvg');
  const extent = extentOf(problem, packing);
  const bands = bandsOf(phases, extent);
  const plot = layOut(extent, bands, width, height);
  const pieces = placedPieces(problem, packing, 'drawSvg');
  const { rectangles, labels } = drawPieces(pieces, problem.buffers, kinds, bands, plot);
  const live = liveSteps(problem);
  const ratio = packing.lowerBound > 0 ? packing.height / packing.lowerBound : 1;
  const summary = `${problem.buffers.length} buffers, ${packing.height} bytes, ${ratio.toFixed(4)} x the lower bound`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="memory" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${STYLE}</style>${rectangle({ x: 0, y: 0, width, height }, 'paper', '#fff')}`,
    text(plot.left, 28, title, 'title'),
    text(plot.right, 28, summary, '', 'end'),
    ...bands.map((band, i) => drawBand(band, i, live, plot)),
    ...drawAxes(extent, bands, plot),
    ...rectangles,
    drawLive(live, plot),
    ...labels,
    ...drawPeak(packing, plot),
    ...drawLegend(kindsUsed(kinds ?? []), plot, height),
    '</svg>\n',
  ].join('\n');
}

function layOut(extent: Extent, bands: readonly Band[], width: number, pixels: number): Plot {
  const [left, right, top, bottom] = [76, width - 24, bands.length > 0 ? 86 : 48, pixels - 64];
  const headroom = 1.04; // so that the peak line is not the frame
  const scale = timeScale(bands, extent);
  return {
    left,
    right,
    top,
    bottom,
    x: (time) => left + scale(time) * (right - left),
    y: (address) => bottom - (address / (headroom * extent.height || 1)) * (bottom - top),
  };
}

/** The phase's name and its most bytes live at once over its stretch of time. */
function drawBand({ name, start, end }: Band, index: number, live: readonly Step[], plot: Plot): string {
  const [x, right] = [plot.x(start), plot.x(end)];
  const peak = live.reduce((most, s) => (s.start < end && start < s.end ? Math.max(most, s.bytes) : most), 0);
  const box = { x, y: plot.top - 40, width: right - x, height: plot.bottom - plot.top + 40 };
  return [
    rectangle(box, index % 2 === 0 ? 'band even' : 'band'),
    line('edge', x, plot.top - 40, x, plot.bottom),
    text((x + right) / 2, plot.top - 24, name, 'phase', 'middle'),
    text((x + right) / 2, plot.top - 9, formatBytes(peak), '', 'middle'),
  ].join('');
}

function drawAxes(extent: Extent, bands: readonly Band[], plot: Plot): string[] {
  const { left, right, top, bottom } = plot;
  const addresses = ticks(0, extent.height, 7).flatMap((address) => [
    line('grid', left, plot.y(address), right, plot.y(address)),
    text(left - 8, plot.y(address) + 4, formatBytes(address), '', 'end'),
  ]);
  const moments =
    bands.length > 0 ? [...bands.map(({ start }) => start), extent.end] : ticks(extent.start, extent.end, 10);
  const times = moments.map((time) => text(plot.x(time), bottom + 16, `${time}`, '', 'middle'));
  return [...addresses, ...times, `<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>`];
}

/** Round values in [from, to], some `wanted` of them: steps are 1, 2 or 5 times a power of ten. */
function ticks(from: number, to: number, wanted: number): number[] {
  const least = Math.max((to - from) / wanted, 1);
  const power = 10 ** Math.floor(Math.log10(least) + 1e-9);
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Equal neighbours are one step. */
function liveSteps(problem: Problem): Step[] {
  const instance = compileInstance(problem);
  const steps: Step[] = [];
  liveBytes(instance).forEach((bytes, section) => {
    const [start, end] = [instance.times[section], instance.times[section + 1]];
    const last = steps.at(-1);
    if (last?.bytes === bytes) steps[steps.length - 1] = { ...last, end };
    else steps.push({ start, end, bytes });
  });
  return steps;
}

/** The bytes live at each moment, as stairs; of stairs too narrow to be seen, the highest. */
function drawLive(live: readonly Step[], { x, y }: Plot): string {
  const stairs: { x: number; y: number; end: number }[] = [];
  for (const { start, end, bytes } of live) {
    const last = stairs.at(-1);
    if (last && last.end - last.x < NARROWEST_STAIR) {
      stairs[stairs.length - 1] = { x: last.x, y: Math.min(last.y, y(bytes)), end: x(end) };
    } else stairs.push({ x: x(start), y: y(bytes), end: x(end) });
  }
  const d = stairs.map((one, i) => `${i === 0 ? `M${round(one.x)} ` : 'V'}${round(one.y)}H${round(one.end)}`);
  return `<path class="live" d="${d.join('')}"/>`;
}

function drawPeak({ height, lowerBound }: Drawn, { left, right, y }: Plot): string[] {
  const tight = height === lowerBound;
  const bound = line('bound', left, y(lowerBound), right, y(lowerBound));
  return [
    ...(tight ? [] : [bound]),
    line('peak', left, y(height), right, y(height)),
    text(left + 6, y(height) - 5, `${formatBytes(height)}${tight ? ', the lower bound' : ''}`, 'peaktext'),
  ];
}

function drawLegend(kinds: readonly Kind[], { left, bottom }: Plot, height: number): string[] {
  const y = height - 24;
  let x = left;
  const entries = kinds.map(({ name, colour }) => {
    const entry = rectangle({ x, y: y - 10, width: 12, height: 12 }, 'buffer', colour) + text(x + 17, y, name);
    x += 17 + 6 * name.length + 18;
    return `<g data-kind="${escapeXml(name)}">${entry}</g>`;
  });
  const stroke = `<path class="live" d="M${x} ${y - 4}h18"/>${text(x + 23, y, 'bytes live')}`;
  return [...entries, stroke, text(left - 8, bottom + 16, 'time', '', 'end')];
}
