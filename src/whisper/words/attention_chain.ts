// Cross-attention of the alignment heads into the cost that DTW walks on (openai/whisper timing.py find_alignment, its middle).
// Head by head, so that nothing larger than one head is held; in f64, where openai computes in f32.

import { DeviceError, OptionError } from '../../errors.ts';
import { medianFilter } from './median_filter.ts';

/** Scaled scores q·k of the alignment heads, before softmax. */
export interface HeadScores {
  /** f32[heads, tokens, frames], row-major; rows are [...sot sequence, no_timestamps, ...text, eot]. */
  readonly values: Float32Array;
  readonly heads: number;
  readonly tokens: number;
  /** Frames of audio features, 20 ms each, that a row has in `values`. */
  readonly frames: number;
}

/** Frames that the median goes over. */
const FILTER_WIDTH = 7;

/**
 * Cost of every text token at every frame, f32[tokens - sotLength - 1, columns]: minus the mean over heads of the normalised attention.
 * Its first row is that of <|notimestamps|>, which predicts the first text token; the rows of the sot sequence and of eot are dropped.
 * `columns` are the frames that hold audio: mel frames / 2, rounded down. The rest is cut off before the softmax.
 * @throws OptionError for sizes that do not fit, DeviceError for scores that are not finite.
 */
export function alignmentCost(
  scores: HeadScores,
  { sotLength, columns }: { readonly sotLength: number; readonly columns: number },
): Float32Array {
  checkSizes(scores, sotLength, columns);
  const { values, heads, tokens, frames } = scores;
  const head = new Float64Array(tokens * columns);
  const text = head.subarray(sotLength * columns, (tokens - 1) * columns);
  const sum = new Float64Array(text.length);
  for (let h = 0; h < heads; h++) {
    filterHead(values.subarray(h * tokens * frames, (h + 1) * tokens * frames), frames, columns, head);
    for (let i = 0; i < sum.length; i++) sum[i]! += text[i]!;
  }
  const cost = new Float32Array(sum.length);
  for (let i = 0; i < cost.length; i++) cost[i] = -sum[i]! / heads;
  return cost;
}

/** One head: softmax over `columns` of its `frames`, normalised over tokens, median-filtered. Into `out`, [tokens, columns]. */
export function filterHead(scores: Float32Array, frames: number, columns: number, out: Float64Array): void {
  for (let row = 0; row * columns < out.length; row++) {
    softmax(scores.subarray(row * frames, row * frames + columns), out.subarray(row * columns, (row + 1) * columns));
  }
  standardiseColumns(out, columns);
  medianFilter(out, columns, FILTER_WIDTH);
}

function softmax(scores: Float32Array, out: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < scores.length; j++) highest = Math.max(highest, scores[j]!); // NaN stays NaN
  let sum = 0;
  for (let j = 0; j < scores.length; j++) {
    out[j] = Math.exp(scores[j]! - highest);
    sum += out[j]!;
  }
  if (!Number.isFinite(sum))
    throw new DeviceError('word timing: expected finite attention scores, got NaN or infinity');
  for (let j = 0; j < scores.length; j++) out[j]! /= sum;
}

/**
 * (w - mean) / std of every column, over the rows, by the population's standard deviation. A frame that all tokens look at alike
 * becomes NaN, as openai's does: the only frame of a window always, others never but by underflow.
 */
function standardiseColumns(w: Float64Array, columns: number): void {
  const mean = w.slice(0, columns); // from the first row on, so that the mean of equal values is exact
  const scale = new Float64Array(columns); // the variance, then 1 / std
  const rows = w.length / columns;
  for (let at = columns; at < w.length; at += columns) {
    for (let j = 0; j < columns; j++) mean[j]! += (w[at + j]! - w[j]!) / rows;
  }
  for (let at = 0; at < w.length; at += columns) {
    for (let j = 0; j < columns; j++) scale[j]! += (w[at + j]! - mean[j]!) ** 2 / rows;
  }
  for (let j = 0; j < columns; j++) scale[j] = 1 / Math.sqrt(scale[j]!);
  for (let at = 0; at < w.length; at += columns) {
    for (let j = 0; j < columns; j++) w[at + j] = (w[at + j]! - mean[j]!) * scale[j]!;
  }
}

function checkSizes({ values, heads, tokens, frames }: HeadScores, sotLength: number, columns: number): void {
  if (heads < 1 || values.length !== heads * tokens * frames) {
    throw new OptionError(`alignmentCost: expected ${heads}·${tokens}·${frames} scores, got ${values.length}`);
  }
  if (sotLength + 1 >= tokens || columns > frames) {
    throw new OptionError(
      `alignmentCost: expected text rows and columns within [${tokens}, ${frames}], got sot ${sotLength}, columns ${columns}`,
    );
  }
}
