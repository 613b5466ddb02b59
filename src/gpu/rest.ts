// Waiting without heat: while one of Dawn's promises is pending, dawn.node turns Node's event loop without pause, which takes a whole core.
// On a software adapter that is a core that should compute, on any other it is power. So each turn is made to doze for a moment first.

/** Milliseconds. A doze is a share of the wait so far, so that the wait gets longer by no more. */
interface Doze {
  /** Before the first, so that short waits end at once. */
  readonly grace: number;
  readonly shortest: number;
  readonly share: number;
  /** What another task of the event loop may have to wait. */
  readonly longest: number;
}
const DOZE: Doze = { grace: 0.2, shortest: 0, share: 1 / 32, longest: 1 };
/** Each turn takes a core from the adapter in the midst of a dispatch, whose other core then waits as well. */
const CPU_DOZE: Doze = { grace: 0, shortest: 0.1, share: 1 / 4, longest: 4 };

const never = new Int32Array(new SharedArrayBuffer(4));

/** Settles as `promise`, at most 1 ms or a thirtieth of the wait later; with `cpu`, for work of a software adapter, 4 ms or a quarter. */
export async function rested<T>(promise: Promise<T>, { cpu }: { readonly cpu: boolean } = { cpu: false }): Promise<T> {
  const { grace, shortest, share, longest } = cpu ? CPU_DOZE : DOZE;
  const began = performance.now();
  let pending = true;
  const turn = () => {
    if (!pending) return;
    const waited = performance.now() - began;
    if (waited >= grace) Atomics.wait(never, 0, 0, Math.min(longest, Math.max(shortest, waited * share)));
    setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return await promise;
  } finally {
    pending = false;
  }
}
