// What an adapter can do, by small kernels: the rates that bound every op (bench/ops.ts) and that `doctor` prints.
// All by the wall clock, best of several; on software adapters they depend on what else the cores do.

import { DeviceError } from '../errors.ts';
import { BufferUsage, MapMode } from './constants.ts';
import type { Gpu } from './device.ts';
import { rested } from './rest.ts';
import { Stopwatch } from './stopwatch.ts';

/** Reading a set of bytes over and over: small sets come out of caches. */
export interface ReadRate {
  readonly workingSet: number;
  readonly bytesPerSecond: number;
}

export interface Rates {
  /** A second, multiply-adds count two. */
  readonly flopsF32: number;
  /** Absent without `shader-f16`. */
  readonly flopsF16?: number;
  /** Integer operations a second in dot4I8Packed: eight each. */
  readonly opsDot4: number;
  /** Smallest set first. */
  readonly read: readonly ReadRate[];
  /** Bytes copied from one buffer to another in a second: each is read once and written once. */
  readonly bytesPerSecondCopied: number;
  /** Each further dispatch of a submit, if it does next to nothing and waits for the one before. */
  readonly secondsPerDispatch: number;
  /** From a submit of one dispatch until the host knows of its end. */
  readonly secondsPerSubmit: number;
  /** From a submit that copies 16 bytes until the host has them. */
  readonly secondsPerReadback: number;
  /** Lanes, as a kernel saw them; 0 without subgroups. */
  readonly subgroupSize: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const LANES = 64;
/** Of a round and lane in kernels/rates: 64 multiply-adds; 32 dot products. */
const FMA_FLOPS = 128;
const DOT4_OPS = 32 * 8;
const BELOW_ONE = 0.9990234375;

/**
 * Takes one to a few seconds on software adapters, less on others; frees all that it makes.
 * @throws DeviceError, ShaderError.
 */
export async function measureRates(gpu: Gpu): Promise<Rates> {
  if (gpu.kind === 'null') throw new DeviceError('measureRates: expected a device that computes, got the null backend');
  const watch = new Stopwatch(gpu);
  try {
    const f16 = gpu.device.features.has('shader-f16');
    const factor = new Uint32Array(Float32Array.of(BELOW_ONE).buffer)[0]!;
    return {
      flopsF32: FMA_FLOPS * (await roundsPerSecond(watch, 'fma_f32', factor)),
      ...(f16 && { flopsF16: FMA_FLOPS * (await roundsPerSecond(watch, 'fma_f16', factor)) }),
      opsDot4: DOT4_OPS * (await roundsPerSecond(watch, 'dot4', 0x03fd02ff)),
      read: await readRates(watch),
      bytesPerSecondCopied: await copyRate(watch),
      ...(await latencies(watch)),
      subgroupSize: await subgroupSize(watch),
    };
  } finally {
    watch.free();
  }
}

/** The read rate of the set whose size is nearest, by ratio. */
export function readRateOf({ read }: Pick<Rates, 'read'>, bytes: number): number {
  const distance = ({ workingSet }: ReadRate) => Math.abs(Math.log(workingSet / bytes));
  return read.reduce((nearest, rate) => (distance(rate) < distance(nearest) ? rate : nearest)).bytesPerSecond;
}

/** Which bound asks for most seconds, and how many. */
export function tightestBound(
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
  rates: Pick<Rates, 'secondsPerDispatch' | 'flopsF32' | 'read'>,
): readonly [bound: string, seconds: number] {
  const bounds = [
    ['launch', rates.secondsPerDispatch],
    ['fma', flops / rates.flopsF32],
    ['mem', bytes / readRateOf(rates, bytes)],
  ] as const;
  return bounds.reduce((most, bound) => (bound[1] > most[1] ? bound : most));
}

/** Rounds of all lanes together. */
async function roundsPerSecond(watch: Stopwatch, stem: string, value: number): Promise<number> {
  const groups = watch.gpu.caps.cpu ? 64 : 8192;
  const y = await watch.buffer(`${stem} y`, groups * LANES * 4, BufferUsage.STORAGE);
  const kernel = await watch.ready(stem, [y]);
  const seconds = await watch.perRound((encoder, rounds) => {
    kernel.set(Uint32Array.of(rounds, value));
    kernel.encode(encoder, groups);
  });
  return (groups * LANES) / seconds;
}

async function readRates(watch: Stopwatch): Promise<ReadRate[]> {
  const { cpu } = watch.gpu.caps;
  const sets = cpu ? [256 * KIB, 4 * MIB, 64 * MIB] : [MIB, 16 * MIB, 256 * MIB];
  const largest = Math.min(sets.at(-1)!, watch.gpu.device.limits.maxStorageBufferBindingSize);
  const x = await watch.buffer('read x', largest, BufferUsage.STORAGE | BufferUsage.COPY_DST);
  // Pages that nobody wrote would all be one page.
  await watch.least((encoder) => encoder.clearBuffer(x), 1);
  const rates: ReadRate[] = [];
  for (const workingSet of sets.filter((bytes) => bytes <= largest)) {
    const words = workingSet / 16;
    const groups = Math.min(cpu ? 64 : 8192, words / (4 * LANES));
    const y = await watch.buffer('read y', groups * LANES * 4, BufferUsage.STORAGE);
    const kernel = await watch.ready('read', [y, x]);
    const seconds = await watch.perRound((encoder, rounds) => {
      kernel.set(Uint32Array.of(rounds, words / groups));
      kernel.encode(encoder, groups);
    });
    rates.push({ workingSet, bytesPerSecond: workingSet / seconds });
  }
  return rates;
}

async function copyRate(watch: Stopwatch): Promise<number> {
  const bytes = watch.gpu.caps.cpu ? 32 * MIB : 128 * MIB;
  const from = await watch.buffer('copy from', bytes, BufferUsage.COPY_SRC | BufferUsage.COPY_DST);
  const to = await watch.buffer('copy to', bytes, BufferUsage.COPY_DST);
  await watch.least((encoder) => encoder.clearBuffer(from), 1);
  const seconds = await watch.perRound((encoder, rounds) => {
    for (let i = 0; i < rounds; i++) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  });
  return bytes / seconds;
}

async function latencies(
  watch: Stopwatch,
): Promise<Pick<Rates, 'secondsPerDispatch' | 'secondsPerSubmit' | 'secondsPerReadback'>> {
  const y = await watch.buffer('tick y', 16, BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST);
  const tick = await watch.ready('tick', [y]);
  tick.set(Uint32Array.of(1));
  await watch.least((encoder) => encoder.clearBuffer(y), 1);
  const tries = 20;
  const many = 1000;
  const secondsPerSubmit = await watch.least((encoder) => tick.encode(encoder, 1), tries);
  const secondsOfMany = await watch.least((encoder) => tick.encode(encoder, 1, many + 1), 5);
  const { ticks, seconds } = await readBack(watch, y, tries);
  const expected = tries + 5 * (many + 1);
  if (ticks !== expected) throw new DeviceError(`measureRates: expected ${expected} dispatches counted, got ${ticks}`);
  return {
    secondsPerDispatch: Math.max(0, secondsOfMany - secondsPerSubmit) / many,
    secondsPerSubmit,
    secondsPerReadback: seconds,
  };
}

/** Least seconds of a read-back, and the first word read. */
async function readBack(watch: Stopwatch, y: GPUBuffer, tries: number): Promise<{ ticks: number; seconds: number }> {
  const { device } = watch.gpu;
  const host = await watch.buffer('read-back', 16, BufferUsage.MAP_READ | BufferUsage.COPY_DST);
  let seconds = Number.POSITIVE_INFINITY;
  let ticks = 0;
  for (let i = 0; i < tries; i++) {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(y, 0, host, 0, 16);
    const commands = encoder.finish();
    const began = performance.now();
    device.queue.submit([commands]);
    await rested(host.mapAsync(MapMode.READ));
    ticks = new Uint32Array(host.getMappedRange())[0]!;
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
    host.unmap();
  }
  return { ticks, seconds };
}

async function subgroupSize(watch: Stopwatch): Promise<number> {
  if (!watch.gpu.caps.subgroups) return 0;
  const y = await watch.buffer('subgroup y', 16, BufferUsage.STORAGE | BufferUsage.COPY_SRC);
  const kernel = await watch.ready('subgroup', [y]);
  kernel.set(Uint32Array.of(1));
  await watch.least((encoder) => kernel.encode(encoder, 1), 1);
  return (await readBack(watch, y, 1)).ticks;
}
