// Runs the rows' processes: each with an empty cache of kernels where it has no cold sample yet, then round robin, so that a machine's bad
// minute falls on all engines alike.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WHISPER_CPP } from '../engines/engines.ts';
import type { StageClock } from '../peers/stage_clock.ts';
import { SPOKEN, words } from '../process/clip.ts';
import type { Meter } from '../process/meter.ts';
import { type Outcome, runJob } from '../process/run.ts';
import type { SpeedJob, SpeedSample } from './job.ts';
import type { Row } from './results.ts';
import { type Task, usesGpu } from './tasks.ts';

/** The driver's caches of rows; they outlive a run, since filling one can take many minutes. Ignored by git. */
const KERNELS = new URL('../../.tmp/speed-kernels/', import.meta.url);
/** Calls of a process whose time counts, after the first. */
const REPEATS = 1;

/** What all processes of a run share. */
export interface Bench {
  readonly meter: Meter;
  readonly clock: StageClock;
  /** Makes every engine take the suite's adapter. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its name. */
  readonly adapter: string;
  /** Vulkan device of that adapter; undefined where there is no meter. */
  readonly device: string | undefined;
  /** File of the clip's samples, f32. */
  readonly clip: string;
}

/** A row under way: its task, the model's path, and what came of it so far. */
export interface Entry {
  readonly task: Task;
  readonly path: string;
  row: Row;
}

export function newRow(task: Task): Row {
  const { engine, variant, model } = task;
  return { engine: engine.name, label: variant.label, model, device: usesGpu(task) ? 'gpu' : 'cpu', warm: [] };
}

/** The row with the cold sample that an earlier run stored, if the cache that it filled is still there. */
export function keepCold(row: Row, stored: Row | undefined, { adapter, device }: Bench): Row {
  if (stored?.cold === undefined || !existsSync(cacheFolder(adapter, row))) return row;
  return { ...addSample(row, { sample: stored.cold }, 'cold', device), coldCommit: stored.coldCommit ?? 'unknown' };
}

/** Runs a process of the row and adds its sample, or why it has no more of them. */
export async function runRound({ task, path, row }: Entry, bench: Bench, round: 'cold' | 'warm'): Promise<Row> {
  const job: SpeedJob = {
    ...{ suite: 'speed', path, model: task.model, options: task.variant.options },
    ...{ repeats: REPEATS, clip: bench.clip },
  };
  const clocked = task.engine === WHISPER_CPP && 'environment' in bench.clock ? bench.clock.environment : {};
  const cache = cacheFolder(bench.adapter, row);
  if (round === 'cold') rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  // Mesa's cache of compiled kernels, and NVIDIA's.
  const caches = { MESA_SHADER_CACHE_DIR: cache, __GL_SHADER_DISK_CACHE_PATH: cache };
  const environment = { ...bench.environment, ...clocked, ...caches };
  // The meter is small work, yet the processes whose time is compared go without.
  const meter = round === 'cold' && usesGpu(task) ? bench.meter : undefined;
  const outcome = await runJob<SpeedSample>(task.engine.command, job, meter, environment);
  return addSample(row, outcome, round, bench.device);
}

/** A sample taken on another device is none. */
export function addSample(
  row: Row,
  outcome: Outcome<SpeedSample>,
  round: 'cold' | 'warm',
  device: string | undefined,
): Row {
  if ('failed' in outcome) return { ...row, skipped: outcome.failed };
  const { sample } = outcome;
  if (round === 'cold' && row.device === 'gpu' && sample.deviceName !== device) {
    return { ...row, skipped: `it ran on '${sample.deviceName || 'no Vulkan device'}', not on '${device}'` };
  }
  const sameWords = row.sameWords !== false && words(sample.text) === SPOKEN;
  return round === 'cold' ? { ...row, sameWords, cold: sample } : { ...row, sameWords, warm: [...row.warm, sample] };
}

function cacheFolder(adapter: string, { model, engine, label }: Row): string {
  return fileURLToPath(new URL(`${adapter} ${model} ${engine} ${label}`.replace(/[^a-z0-9.]+/gi, '-'), KERNELS));
}
