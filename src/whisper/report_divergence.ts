// How far one distribution over the vocabulary is from another, from rows of logits. Pure, in f64.

/** log p of every token: logits less the log of the sum of their exponentials. @param logits [n_vocab] @returns [n_vocab] */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const rows = Float64Array.from(logits);
  const highest = rows.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sum = rows.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return rows.map((logit) => logit - highest - Math.log(sum));
}

/**
 * Kullback-Leibler divergence KL(p || q) in nats of two softmax distributions, from their log probabilities [n_vocab]. A token that p never
 * picks counts nothing; one that q alone never picks makes it infinite.
 */
export function klDivergence(logP: Float64Array, logQ: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < logP.length; i++) {
    const p = Math.exp(logP[i]!);
    if (p > 0) sum += p * (logP[i]! - logQ[i]!);
  }
  return Math.max(0, sum); // rounding alone goes below
}

/** The most probable token; the first of equals. */
export function argmax(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}

/** Of next-token distributions at so many positions against those of a reference. */
export interface Divergence {
  /** KL(reference || this), nats: mean and maximum over positions. */
  readonly meanKl: number;
  readonly maxKl: number;
  /** Share of positions with the reference's most probable token. */
  readonly sameArgmax: number;
  readonly positions: number;
}

/** What two rows of logits [n_vocab] at one position come to. */
export interface PositionDivergence {
  readonly kl: number;
  readonly same: boolean;
}

export function comparePosition(reference: ArrayLike<number>, row: ArrayLike<number>): PositionDivergence {
  return {
    kl: klDivergence(logSoftmax(reference), logSoftmax(row)),
    same: argmax(reference) === argmax(row),
  };
}

/** Of at least one position. */
export function summarise(positions: readonly PositionDivergence[]): Divergence {
  const count = positions.length;
  return {
    meanKl: positions.reduce((sum, { kl }) => sum + kl, 0) / count,
    maxKl: positions.reduce((most, { kl }) => Math.max(most, kl), 0),
    sameArgmax: positions.filter(({ same }) => same).length / count,
    positions: count,
  };
}
