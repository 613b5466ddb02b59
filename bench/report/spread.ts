// What many measurements of one thing come to.

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Between the values nearest to a share of all of them, 0 being the least and 1 the most. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at % 1);
}

export function spread(values: readonly number[]): Spread {
  return { min: quantile(values, 0), median: quantile(values, 0.5), max: quantile(values, 1) };
}

/** Least, and in brackets the median, times `scale`; a dash where nothing was measured. */
export function leastAndMedian(spread: Spread | undefined, digits: number, scale = 1): string {
  return spread ? `${(spread.min * scale).toFixed(digits)} (${(spread.median * scale).toFixed(digits)})` : '-';
}
