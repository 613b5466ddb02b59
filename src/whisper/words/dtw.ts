// Dynamic time warping of tokens onto audio frames (openai/whisper timing.py dtw_cpu and backtrace).

/** Cells of the cheapest path from the first cell to the last; both indices rise by 0 or 1 from cell to cell. */
export interface WarpingPath {
  readonly textIndices: Int32Array;
  readonly timeIndices: Int32Array;
}

const DIAGONAL = 0;
const UP = 1;
const LEFT = 2;

/**
 * The path of least summed cost through `cost`, [rows, columns] row-major. Sums are rounded to f32 and ties and NaN
 * go the way they do in openai's code, so that the path is the same cell by cell: NaN may lead it out of the matrix, to time -1.
 */
export function dtw(cost: Float32Array | Float64Array, rows: number, columns: number): WarpingPath {
  return backtrace(traceSteps(cost, rows, columns), rows, columns);
}

/** For every cell, the step that leads to it most cheaply. */
function traceSteps(cost: Float32Array | Float64Array, rows: number, columns: number): Uint8Array {
  const steps = new Uint8Array(rows * columns);
  // One row of sums is enough: sums[j] is of the row above until it is overwritten. Column 0 stands outside the matrix.
  const sums = new Float32Array(columns + 1).fill(Number.POSITIVE_INFINITY);
  sums[0] = 0;
  for (let i = 0; i < rows; i++) {
    let diagonal = sums[0]!;
    let left = Number.POSITIVE_INFINITY;
    sums[0] = left;
    for (let j = 0; j < columns; j++) {
      const up = sums[j + 1]!;
      let step = LEFT; // on every tie too, even where left is the dearest
      let least = left;
      if (diagonal < up && diagonal < left) {
        step = DIAGONAL;
        least = diagonal;
      } else if (up < diagonal && up < left) {
        step = UP;
        least = up;
      }
      steps[i * columns + j] = step;
      sums[j + 1] = cost[i * columns + j]! + least;
      left = sums[j + 1]!; // rounded to f32
      diagonal = up;
    }
  }
  return steps;
}

/** From the last cell back. Left of the first column, where time is -1, it goes up. */
function backtrace(steps: Uint8Array, rows: number, columns: number): WarpingPath {
  const text: number[] = [];
  const time: number[] = [];
  let i = rows - 1;
  let j = columns - 1;
  while (i >= 0 || j >= 0) {
    text.push(i);
    time.push(j);
    const step = j < 0 ? UP : i < 0 ? LEFT : steps[i * columns + j]!;
    if (step !== LEFT) i--;
    if (step !== UP) j--;
  }
  return { textIndices: Int32Array.from(text.reverse()), timeIndices: Int32Array.from(time.reverse()) };
}
