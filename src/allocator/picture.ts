// A packing as text, for terminals: time runs right, addresses run up, each cell shows the buffer that fills most of it.
// The idea is TensorFlow Lite Micro's PrintMemoryPlan.

import { OptionError } from '../errors.ts';
import { livePieces } from './gaps.ts';
import type { Packing, Problem } from './problem.ts';

/** A named moment on the time axis: where a phase begins. */
export interface PhaseMark {
  readonly time: number;
  readonly name: string;
}

export interface TextPictureOptions {
  /** Characters of the time axis and of the address axis. 100 and 24 when absent. */
  readonly columns?: number;
  readonly rows?: number;
  readonly phases?: readonly PhaseMark[];
}

/** The part of the time and address plane that a packing takes up. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly height: number;
}

/** A live piece of a buffer, where it was placed. */
export interface Rectangle {
  readonly buffer: number;
  readonly left: number; // times
  readonly right: number;
  readonly low: number; // addresses
  readonly high: number;
}

type Drawn = Pick<Packing, 'offsets' | 'height' | 'lowerBound'>;

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Draws a packing with characters. Free cells are dots; buffers take letters in turn.
 * @throws OptionError when the offsets are not one a buffer, or the picture has no cells.
 */
export function drawText(problem: Problem, packing: Drawn, options: TextPictureOptions = {}): string {
  const { columns = 100, rows = 24, phases = [] } = options;
  if (!(Number.isSafeInteger(columns) && columns > 0 && Number.isSafeInteger(rows) && rows > 0)) {
    throw new OptionError(`drawText: expected whole numbers of columns and rows from 1, got ${columns} x ${rows}`);
  }
  const extent = extentOf(problem, packing);
  const owners = fillCells(placedPieces(problem, packing, 'drawText'), extent, columns, rows);
  const labels = Array.from({ length: rows + 1 }, (_, row) => formatBytes((extent.height * (rows - row)) / rows));
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = labels.slice(0, rows).map((label, row) => {
    const cells = owners.slice(row * columns, (row + 1) * columns);
    const text = Array.from(cells, (owner) => (owner < 0 ? '.' : LETTERS[owner % LETTERS.length])).join('');
    return `${label.padStart(margin)} |${text}`;
  });
  const ratio = packing.lowerBound > 0 ? packing.height / packing.lowerBound : 1;
  return [
    `${problem.buffers.length} buffers in ${formatBytes(packing.height)}, ${ratio.toFixed(4)} x the lower bound`,
    ...lines,
    `${''.padStart(margin)} +${'-'.repeat(columns)}`,
    ...phaseLines(phases, extent, columns).map((line) => `${''.padStart(margin + 2)}${line}`),
    '',
  ].join('\n');
}

/** The pieces of all buffers as rectangles; buffers without bytes have none. */
export function placedPieces({ buffers }: Problem, { offsets }: Drawn, where: string): Rectangle[] {
  if (offsets.length !== buffers.length) {
    throw new OptionError(`${where}: expected ${buffers.length} offsets, one a buffer, got ${offsets.length}`);
  }
  return buffers.flatMap((one, buffer) =>
    livePieces(one)
      .filter(({ low, high }) => low < high)
      .map(({ lower, upper, low, high }) => {
        return { buffer, left: lower, right: upper, low: offsets[buffer] + low, high: offsets[buffer] + high };
      }),
  );
}

/** From the first start to the last end. A packing without buffers is given one empty moment. */
export function extentOf({ buffers }: Problem, { height }: Drawn): Extent {
  const start = buffers.reduce((first, { lower }) => Math.min(first, lower), Number.POSITIVE_INFINITY);
  const end = buffers.reduce((last, { upper }) => Math.max(last, upper), Number.NEGATIVE_INFINITY);
  return buffers.length === 0 ? { start: 0, end: 1, height } : { start, end, height };
}

/** Bytes with three figures and a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[power]}`;
}

/** For each cell, top row first, the buffer that covers most of it, or -1. */
function fillCells(pieces: readonly Rectangle[], { start, end, height }: Extent, columns: number, rows: number) {
  const owners = new Int32Array(columns * rows).fill(-1);
  const covered = new Float64Array(columns * rows);
  for (const { buffer, left, right, low, high } of pieces) {
    const [x0, x1] = [left, right].map((time) => ((time - start) / (end - start)) * columns);
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
function phaseLines(phases: readonly PhaseMark[], { start, end }: Extent, columns: number): string[] {
  const lines: string[] = [];
  for (const { time, name } of phases.toSorted((a, b) => a.time - b.time)) {
    const column = Math.max(0, Math.min(columns - 1, Math.floor(((time - start) / (end - start)) * columns)));
    const free = lines.findIndex((line) => line.length === 0 || line.length < column);
    const row = free < 0 ? lines.push('') - 1 : free;
    lines[row] = `${lines[row].padEnd(column)}^ ${name}`;
  }
  return lines;
}
