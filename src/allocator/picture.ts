// A packing as text, for terminals: time runs right, addresses run up, each cell shows the buffer that fills most of it.
// The idea is TensorFlow Lite Micro's PrintMemoryPlan.

import { OptionError } from '../errors.ts';
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
  type Rectangle,
  timeScale,
} from './picture_plane.ts';
import type { Problem } from './problem.ts';

export interface TextPictureOptions {
  /** Characters of the time axis and of the address axis. 100 and 24 when absent. */
  readonly columns?: number;
  readonly rows?: number;
  readonly phases?: readonly PhaseMark[];
  /** By buffer. When absent, buffers take letters in turn. */
  readonly kinds?: readonly Kind[];
}

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Draws a packing with characters. Free cells are dots.
 * @throws OptionError when the offsets are not one a buffer, or the picture has no cells.
 */
export function drawText(problem: Problem, packing: Drawn, options: TextPictureOptions = {}): string {
  const { columns = 100, rows = 24, phases = [], kinds } = options;
  if (!(Number.isSafeInteger(columns) && columns > 0 && Number.isSafeInteger(rows) && rows > 0)) {
    throw new OptionError(`drawText: expected whole numbers of columns and rows from 1, got ${columns} x ${rows}`);
  }
  const extent = extentOf(problem, packing);
  const bands = bandsOf(phases, extent);
  const scale = timeScale(bands, extent);
  const column = (time: number) => columns * scale(time);
  const owners = fillCells(placedPieces(problem, packing, 'drawText'), column, extent, columns, rows);
  const letter = (owner: number) => kinds?.[owner]?.letter ?? LETTERS[owner % LETTERS.length];
  const labels = Array.from({ length: rows }, (_, row) => formatBytes((extent.height * (rows - row)) / rows));
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = labels.map((label, row) => {
    const cells = owners.slice(row * columns, (row + 1) * columns);
    return `${label.padStart(margin)} |${Array.from(cells, (owner) => (owner < 0 ? '.' : letter(owner))).join('')}`;
  });
  const ratio = packing.lowerBound > 0 ? packing.height / packing.lowerBound : 1;
  const legend = kindsUsed(kinds ?? []).map((kind) => `${kind.letter} ${kind.name}`);
  return [
    `${problem.buffers.length} buffers in ${formatBytes(packing.height)}, ${ratio.toFixed(4)} x the lower bound`,
    ...lines,
    `${''.padStart(margin)} +${'-'.repeat(columns)}`,
    ...phaseLines(bands, column).map((line) => `${''.padStart(margin + 2)}${line}`),
    ...(legend.length > 0 ? [`${''.padStart(margin + 2)}${legend.join('  ')}`] : []),
    '',
  ].join('\n');
}

/** For each cell, top row first, the buffer that covers most of it, or -1. */
function fillCells(
  pieces: readonly Rectangle[],
  column: (time: number) => number,
  { height }: Extent,
  columns: number,
  rows: number,
): Int32Array {
  const owners = new Int32Array(columns * rows).fill(-1);
  const covered = new Float64Array(columns * rows);
  for (const { buffer, left, right, low, high } of pieces) {
    const [x0, x1] = [column(left), Math.min(columns, column(right))];
    const [y0, y1] = [low, high].map((address) => (address / height) * rows);
    for (let y = Math.floor(y0); y < y1; y++) {
      for (let x = Math.floor(x0); x < x1; x++) {
        const share = (Math.min(x1, x + 1) - Math.max(x0, x)) * (Math.min(y1, y + 1) - Math.max(y0, y));
        const cell = (rows - 1 - y) * columns + x;
        if (share <= covered[cell]) continue;
        covered[cell] = share;
        owners[cell] = buffer;
      }
    }
  }
  return owners;
}

/** A caret under each phase's first column, and its name behind; names that would collide go to further lines. */
function phaseLines(bands: readonly Band[], column: (time: number) => number): string[] {
  const lines: string[] = [];
  for (const { start, name } of bands) {
    const at = Math.floor(column(start));
    const free = lines.findIndex((line) => line.length < at || line.length === 0);
    const row = free < 0 ? lines.push('') - 1 : free;
    lines[row] = `${lines[row].padEnd(at)}^ ${name}`;
  }
  return lines;
}
