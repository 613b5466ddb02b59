// Heads of cross-attention that follow the audio in time, by model (openai/whisper __init__.py _ALIGNMENT_HEADS, decoded).

import { type ModelDimensions, PUBLISHED_DIMS } from '../dims.ts';

/** Decoder layer and head in it. */
export interface AlignmentHead {
  readonly layer: number;
  readonly head: number;
}

/** Layer -> heads. Distilled models have none of their own; their teachers' are out of their range. */
const PUBLISHED_HEADS: Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> = {
  'tiny.en': { 1: [0], 2: [0, 5], 3: [0, 1, 2, 3, 4] },
  tiny: { 2: [2], 3: [0, 2, 3, 4, 5] },
  'base.en': { 3: [3], 4: [7], 5: [1, 5, 7] },
  base: { 3: [1], 4: [2, 3, 7], 5: [1, 2, 4, 6] },
  'small.en': { 6: [6], 7: [0, 3, 8], 8: [2, 5, 7], 9: [0, 4, 8, 10], 10: [0, 1, 2, 3, 6, 11], 11: [2, 4] },
  small: { 5: [3, 9], 8: [0, 4, 7, 8], 9: [0, 7, 9], 10: [5] },
  'medium.en': {
    11: [4],
    14: [1, 12, 14],
    15: [4],
    16: [0, 4, 9],
    17: [12, 14],
    18: [7, 10, 15],
    20: [0, 3, 9, 14],
    21: [12],
  },
  medium: { 13: [15], 15: [4, 15], 16: [1], 20: [0], 23: [4] },
  'large-v1': { 9: [19], 11: [2, 4, 17], 22: [7, 11, 17], 23: [2, 15] },
  'large-v2': {
    10: [12],
    13: [17],
    16: [11, 12, 13],
    17: [15, 16],
    18: [4, 11, 19],
    19: [11],
    21: [2, 3],
    22: [3, 9, 12],
    23: [5, 7, 13],
    25: [5],
    26: [1, 12],
    27: [15],
  },
  'large-v3': { 7: [0], 10: [17], 12: [18], 13: [12], 16: [1], 17: [14], 19: [11], 21: [4], 24: [1], 25: [6] },
  turbo: { 2: [4, 11], 3: [3, 6, 11, 14] },
};

/**
 * Alignment heads of a model, by layer and head. They are those of the published model with the same dimensions; `name` decides
 * where two have the same, else the later one does: large-v2 rather than large-v1. For any other model they are openai's default,
 * all heads of the last half of the decoder's layers.
 */
export function alignmentHeads(dims: ModelDimensions, name?: string): readonly AlignmentHead[] {
  const alike = Object.keys(PUBLISHED_HEADS).filter((known) => sameDims(PUBLISHED_DIMS[known]!, dims));
  const known = name !== undefined && alike.includes(name) ? name : alike.at(-1);
  if (known === undefined) return lastHalf(dims);
  const layers = Object.entries(PUBLISHED_HEADS[known]!); // integer keys come in rising order
  return layers.flatMap(([layer, heads]) => heads.map((head) => ({ layer: Number(layer), head })));
}

function sameDims(a: ModelDimensions, b: ModelDimensions): boolean {
  return (Object.keys(a) as (keyof ModelDimensions)[]).every((key) => a[key] === b[key]);
}

function lastHalf({ n_text_layer, n_text_head }: ModelDimensions): AlignmentHead[] {
  const first = Math.floor(n_text_layer / 2);
  return Array.from({ length: (n_text_layer - first) * n_text_head }, (_, i) => ({
    layer: first + Math.floor(i / n_text_head),
    head: i % n_text_head,
  }));
}
