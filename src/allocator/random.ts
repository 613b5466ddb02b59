// Seeded random numbers: equal seeds give equal packings on every machine.

/** A counter run through a mixing function (mulberry32, after Tommy Ettinger): uniform in [0, 1), period 2^32. */
export function createRandom(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 15), counter | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
