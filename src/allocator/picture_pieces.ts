// The rectangles of an SVG picture: one for each live piece of a buffer, coloured by kind, its particulars on hover and its
// name inside where it fits. Stacks of pieces too flat for names, like the caches of 32 layers, are named together.

import { type Band, formatBytes, type Kind, type Rectangle } from './picture_plane.ts';
import type { Buffer } from './problem.ts';
import { type Box, rectangle, text } from './svg.ts';

/** Where the plane of time and addresses lies in the drawing, and how its coordinates map to pixels. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  x(time: number): number;
  y(address: number): number;
}

const CHARACTER = 5.9; // pixels of a label's character, rather too many
const LABEL_HEIGHT = 13;
const LINE_MATTERS = 3; // pixels: thinner pieces have no outline, which would cover them

/** Rectangles and their labels apart, so that labels can be drawn over everything. */
export function drawPieces(
  pieces: readonly Rectangle[],
  buffers: readonly Buffer[],
  kinds: readonly Kind[] | undefined,
  bands: readonly Band[],
  plot: Plot,
): { rectangles: string[]; labels: string[] } {
  const boxes = pieces.map((piece) => boxOf(piece, plot));
  const rectangles = pieces.map((piece, i) => {
    const kind = kinds?.[piece.buffer];
    const flat = Math.min(boxes[i].width, boxes[i].height) < LINE_MATTERS;
    const title = describe(buffers[piece.buffer], piece, kind, bands);
    return rectangle(boxes[i], flat ? 'buffer flat' : 'buffer', kind?.colour ?? anyColour(piece.buffer), title);
  });
  const fits = boxes.map((box, i) => labelFor(buffers[pieces[i].buffer].id, box));
  const own = fits.flatMap((label, i) => (label === undefined ? [] : [drawLabel(label, boxes[i])]));
  const nameless = pieces.filter((_, i) => fits[i] === undefined);
  const stacks = kinds ? stacksOf(nameless, kinds).flatMap((stack) => drawStack(stack, kinds, plot)) : [];
  return { rectangles, labels: [...own, ...stacks] };
}

function boxOf({ left, right, low, high }: Rectangle, { x, y }: Plot): Box {
  return { x: x(left), y: y(high), width: x(right) - x(left), height: y(low) - y(high) };
}

/** Golden angle: neighbours in the list differ. */
function anyColour(buffer: number): string {
  return `hsl(${Math.round((buffer * 137.508) % 360)},55%,${buffer % 2 === 0 ? 76 : 68}%)`;
}

function describe(
  { id, lower, upper, size }: Buffer,
  piece: Rectangle,
  kind: Kind | undefined,
  bands: readonly Band[],
) {
  const phases = bands.filter(({ start, end }) => start < piece.right && piece.left < end).map(({ name }) => name);
  const lives = `live [${lower}, ${upper})${phases.length > 0 ? `: ${phases.join(', ')}` : ''}`;
  const bytes = size < 1000 ? '' : `${formatBytes(size)} = `;
  return [`${id}`, ...(kind ? [kind.name] : []), `${bytes}${size} bytes at ${piece.low}`, lives].join('\n');
}

/** The longest ending of a dotted name that fits; a number alone would say nothing. */
function labelFor(id: string | number, { width, height }: Box): string | undefined {
  if (height < LABEL_HEIGHT) return undefined;
  const parts = `${id}`.split('.');
  const endings = parts.map((_, i) => parts.slice(i).join('.'));
  return endings.find((ending) => ending.length * CHARACTER + 6 <= width);
}

function drawLabel(label: string, { x, y, width, height }: Box): string {
  return text(x + width / 2, y + height / 2 + 3.5, label, 'label', 'middle');
}

/** Pieces of one kind that touch, one above the other, and end together. */
function stacksOf(pieces: readonly Rectangle[], kinds: readonly Kind[]): Rectangle[][] {
  const stacks: Rectangle[][] = [];
  const key = ({ buffer, right }: Rectangle) => `${right} ${kinds[buffer].name}`;
  const sorted = pieces.toSorted((a, b) => key(a).localeCompare(key(b)) || a.low - b.low);
  for (const piece of sorted) {
    const last = stacks.at(-1)?.at(-1);
    if (last && key(last) === key(piece) && last.high === piece.low) stacks.at(-1)!.push(piece);
    else stacks.push([piece]);
  }
  return stacks;
}

/** A label in the box that all pieces of the stack span. */
function drawStack(stack: readonly Rectangle[], kinds: readonly Kind[], plot: Plot): string[] {
  const [low, high] = [stack[0].low, stack.at(-1)!.high];
  const box = boxOf({ ...stack[0], left: Math.max(...stack.map(({ left }) => left)), low, high }, plot);
  const { name } = kinds[stack[0].buffer];
  const count = stack.length > 1 ? `${stack.length} x ` : '';
  const label = [`${count}${name}, ${formatBytes(high - low)}`, `${count}${name}`].find(
    (one) => box.height >= LABEL_HEIGHT && one.length * CHARACTER + 6 <= box.width,
  );
  return label === undefined ? [] : [drawLabel(label, box)];
}
