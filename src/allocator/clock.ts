// What an effort may cost: steps of work, wall time, and the caller's patience. Work is counted in buffers looked at,
// some 10^8 a second, and is the same on every machine; the time limit and the signal are safety nets.

export interface Clock {
  /** Adds `work` steps. True when the effort is spent; then `reason` says why. Throws when the signal is aborted. */
  spend(work: number): boolean;
  readonly work: number;
  readonly reason: 'work' | 'time' | undefined;
  readonly milliseconds: number;
}

const STEPS_BETWEEN_LOOKS = 2 ** 18; // a few milliseconds of work

/** Starts a clock now. */
export function createClock(workLimit: number, timeLimitMs: number, signal?: AbortSignal): Clock {
  const start = performance.now();
  let work = 0;
  let nextLook = 0;
  let reason: Clock['reason'];
  return {
    spend(steps) {
      work += steps;
      if (work < nextLook) return reason !== undefined;
      nextLook = work + STEPS_BETWEEN_LOOKS;
      checkSignal(signal);
      if (work >= workLimit) reason = 'work';
      else if (performance.now() - start >= timeLimitMs) reason = 'time';
      return reason !== undefined;
    },
    get work() {
      return work;
    },
    get reason() {
      return reason;
    },
    get milliseconds() {
      return performance.now() - start;
    },
  };
}

/** Polls `aborted`, so that a signal backed by shared memory works too. Throws the signal's reason. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
