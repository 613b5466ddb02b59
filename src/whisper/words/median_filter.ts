// Median filter along rows (openai/whisper timing.py median_filter): rows are padded by reflection, without repeating the edge.

/**
 * Replaces every value of `x`, [rows, columns], by the median of the `width` values around it in its row. `width` is odd.
 * Rows too short to be padded, of at most floor(width / 2) values, stay as they are. NaN counts as the greatest, as torch sorts it.
 */
export function medianFilter(x: Float64Array, columns: number, width: number): void {
  const pad = (width - 1) / 2;
  if (columns <= pad) return;
  const padded = new Float64Array(columns + 2 * pad);
  const sorted = new Float64Array(width);
  for (let row = 0; row < x.length; row += columns) {
    reflect(x.subarray(row, row + columns), pad, padded);
    sorted.set(padded.subarray(0, width));
    sorted.sort();
    x[row] = sorted[pad]!;
    for (let j = 1; j < columns; j++) {
      replace(sorted, padded[j - 1]!, padded[j - 1 + width]!);
      x[row + j] = sorted[pad]!;
    }
  }
}

/** c b | a b c d | c b */
function reflect(row: Float64Array, pad: number, padded: Float64Array): void {
  padded.set(row, pad);
  for (let i = 1; i <= pad; i++) {
    padded[pad - i] = row[i]!;
    padded[pad + row.length - 1 + i] = row[row.length - 1 - i]!;
  }
}

/** The window moves on: `incoming` takes the place of `outgoing`, and the order is restored around it. */
function replace(sorted: Float64Array, outgoing: number, incoming: number): void {
  const last = sorted.length - 1;
  let i = 0;
  while (above(outgoing, sorted[i]!)) i++;
  for (; i > 0 && above(sorted[i - 1]!, incoming); i--) sorted[i] = sorted[i - 1]!;
  for (; i < last && above(incoming, sorted[i + 1]!); i++) sorted[i] = sorted[i + 1]!;
  sorted[i] = incoming;
}

function above(a: number, b: number): boolean {
  return a > b || (Number.isNaN(a) && !Number.isNaN(b));
}
