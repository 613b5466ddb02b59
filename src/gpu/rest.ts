// Waiting without heat: while one of Dawn's promises is pending, dawn.node turns Node's event loop without pause, which takes a whole core.
// On a software adapter that is a core that should compute, on any other it is power. So each turn is made to doze for a moment first.

/** Milliseconds before the first doze, so that short waits end at once. */
const GRACE = 0.2;
/** A doze as a share of the wait so far: the wait gets longer by no more than that. */
const SHARE = 1 / 32;
/** Milliseconds that a doze takes at most, and that another task of the event loop may have to wait. */
const LONGEST = 1;

const never = new Int32Array(new SharedArrayBuffer(4));

/** Settles as `promise`, at most 1 ms or a thirtieth of the wait later. */
export async function rested<T>(promise: Promise<T>): Promise<T> {
  const began = performance.now();
  let pending = true;
  const turn = () => {
    if (!pending) return;
    const waited = performance.now() - began;
    if (waited > GRACE) Atomics.wait(never, 0, 0, Math.min(LONGEST, waited * SHARE));
    setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return await promise;
  } finally {
    pending = false;
  }
}
