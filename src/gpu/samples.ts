// Repeated timing of something that can be done any number of rounds in one go; the caller says how one go is timed.

export interface Sampling {
  /** Rounds are raised until a go takes half as long as this at least: long enough to drown what a submit costs. */
  readonly sampleSeconds: number;
  /** Goes are timed until this is over. */
  readonly budgetSeconds: number;
  readonly fewest: number;
  /** Seconds of a round above which nobody wants to know more: the first sample is then the last. */
  readonly hopeless?: number;
}

/** Seconds of a go of so many rounds. */
export type Go = (rounds: number) => Promise<number>;

/** Seconds of one round, one number a sample, in the order they were taken. The first use of anything should be over before. */
export async function takeSamples(go: Go, sampling: Sampling): Promise<number[]> {
  const { sampleSeconds, budgetSeconds, fewest, hopeless = Number.POSITIVE_INFINITY } = sampling;
  const began = performance.now();
  const samples: number[] = [];
  let rounds = 1;
  let best = Number.POSITIVE_INFINITY;
  while (samples.length < fewest || performance.now() - began < budgetSeconds * 1000) {
    const seconds = await go(rounds);
    if (seconds < sampleSeconds / 2) {
      rounds = Math.ceil(rounds * Math.min(8, sampleSeconds / seconds));
      continue;
    }
    samples.push(seconds / rounds);
    best = Math.min(best, seconds / rounds);
    if (samples.length === 1 && best > hopeless) break;
  }
  return samples;
}
