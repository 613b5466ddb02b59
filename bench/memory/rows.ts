// One row: which engine, weights and model; its process; and what is made of the answer.

import type { Tokenizer } from '../../src/text/tokenizer.ts';
import type { Engine, Variant } from '../engines/engines.ts';
import { SPOKEN, words } from '../process/clip.ts';
import type { Meter } from '../process/meter.ts';
import { type Outcome, runJob } from '../process/run.ts';
import type { MemoryJob, Sample } from './job.ts';
import { keyOf, type Row } from './results.ts';
import { VARIANTS } from './variants.ts';

/** Calls whose time counts, beside the long clip's. */
const REPEATS = 2;

export interface Task {
  readonly engine: Engine;
  readonly variant: Variant;
  readonly model: string;
}

/** What all rows of a run share. */
export interface Bench {
  readonly meter: Meter;
  readonly environment: Readonly<Record<string, string>>;
  /** Vulkan device of the empty device, on which every row must have run; undefined where there is no meter. */
  readonly device: string | undefined;
  readonly windows: number;
  /** English; counts the tokens of every engine's text. */
  readonly tokenizer: Tokenizer;
}

/** Every row there is, in the order of the tables. */
export function allTasks(models: readonly string[]): Task[] {
  return models.flatMap((model) =>
    VARIANTS.flatMap(({ engine, variants }) => variants.map((variant) => ({ engine, variant, model }))),
  );
}

export function taskKey({ engine, variant, model }: Task): string {
  return keyOf({ engine: engine.name, label: variant.label, model });
}

export async function measureRow(task: Task, bench: Bench): Promise<Row> {
  const { engine, variant, model } = task;
  const found = engine.model(model, variant);
  if ('missing' in found) return judge(task, { failed: found.missing }, bench);
  const job: MemoryJob = {
    ...{ suite: 'memory', path: found.path, model, options: variant.options },
    ...{ repeats: REPEATS, windows: bench.windows },
  };
  return judge(task, await runJob(engine.command, job, bench.meter, bench.environment), bench);
}

/** The row of an outcome. A sample taken on another device is none. */
export function judge({ engine, variant, model }: Task, outcome: Outcome<Sample>, bench: Omit<Bench, 'meter'>): Row {
  const row = { engine: engine.name, label: variant.label, model };
  if ('failed' in outcome) return { ...row, skipped: outcome.failed };
  const { sample } = outcome;
  if (sample.deviceName !== bench.device) {
    return { ...row, skipped: `it ran on '${sample.deviceName || 'no Vulkan device'}', not on '${bench.device}'` };
  }
  const { text, longText } = sample.transcribed!;
  const spoken = Array.from({ length: bench.windows }, () => SPOKEN).join(' ');
  return {
    ...row,
    sample,
    tokens: bench.tokenizer.encode(text).length,
    sameWords: words(text) === SPOKEN && words(longText) === spoken,
  };
}

/** A row for the terminal. */
export function formatRow(row: Row): string {
  const { skipped, sample, sameWords } = row;
  const name = keyOf(row).padEnd(36);
  if (!sample?.transcribed) return `${name} SKIPPED: ${skipped}`;
  const { peak, weightBytes, transcribed } = sample;
  const mb = (bytes: number) => (Number.isNaN(bytes) ? '-' : (bytes / 1e6).toFixed(1)).padStart(6);
  const { driver = Number.NaN, rss } = peak;
  const weights = weightBytes ?? Number.NaN;
  const grown = (transcribed.afterLastWindow.driver ?? 0) - (transcribed.afterFirstWindow.driver ?? 0);
  return (
    `${name} driver ${mb(driver)} MB = weights ${mb(weights)} + ${mb(driver - weights)}, grown ${grown} B; RSS ${mb(rss)} MB; ` +
    `window ${transcribed.seconds.windowMin.toFixed(2)} s${sameWords ? '' : '; OTHER WORDS'}`
  );
}
