// An adapter's measured rates in words.

import type { Rates } from '../gpu/rates.ts';

/** One line a rate, as `doctor` prints them. */
export function ratesText(rates: Rates): string[] {
  const line = (name: string, value: string) => `rate      ${name.padEnd(28)} ${value}`;
  const { flopsF32, flopsF16, opsDot4, read, bytesPerSecondCopied, subgroupSize } = rates;
  return [
    line('fma f32', `${giga(flopsF32)} GFLOP/s`),
    line('fma f16', flopsF16 === undefined ? 'none: no shader-f16 here' : `${giga(flopsF16)} GFLOP/s`),
    line('dot4I8Packed', `${giga(opsDot4)} Gop/s`),
    ...read.map(({ workingSet, bytesPerSecond }) =>
      line(`read, out of ${binary(workingSet)}`, `${giga(bytesPerSecond)} GB/s`),
    ),
    line('copy', `${giga(bytesPerSecondCopied)} GB/s copied`),
    line('dispatch', `${micro(rates.secondsPerDispatch)} us each, of many in a submit`),
    line('submit', `${micro(rates.secondsPerSubmit)} us until its end is known`),
    line('read-back', `${micro(rates.secondsPerReadback)} us`),
    line('subgroup', subgroupSize === 0 ? 'none' : `${subgroupSize} lanes`),
  ];
}

function binary(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;
}

function giga(perSecond: number): string {
  return (perSecond / 1e9).toPrecision(3);
}

function micro(seconds: number): string {
  return (seconds * 1e6).toFixed(1);
}
