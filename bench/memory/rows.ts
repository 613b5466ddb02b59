// One row: which engine, weights and model; its process; and what is made of the answer.

import { openModel } from '../../src/formats/detect.ts';
import { loadTokenizer, type Tokenizer } from '../../src/text/tokenizer.ts';
import { findModel, tokenizerSource } from '../../src/whisper/model_folder.ts';
import { SPOKEN, words } from './clip.ts';
import { ENGINES, type Engine, type Variant } from './engines.ts';
import type { Meter } from './meter.ts';
import { type Outcome, runJob } from './process.ts';
import { keyOf, type Row } from './results.ts';

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
    ENGINES.flatMap((engine) => engine.variants.map((variant) => ({ engine, variant, model }))),
  );
}

export function taskKey({ engine, variant, model }: Task): string {
  return keyOf({ engine: engine.name, label: variant.label, model });
}

export async function measureRow(task: Task, bench: Bench): Promise<Row> {
  const { engine, variant, model } = task;
  const found = engine.model(model, variant);
  if ('missing' in found) return judge(task, { failed: found.missing }, bench);
  const job = { path: found.path, model, options: variant.options, repeats: REPEATS, windows: bench.windows };
  return judge(task, await runJob(engine.program, job, bench.meter, bench.environment), bench);
}

/** The row of an outcome. A sample taken on another device is none. */
export function judge({ engine, variant, model }: Task, outcome: Outcome, bench: Omit<Bench, 'meter'>): Row {
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

export async function englishTokenizer(): Promise<Tokenizer> {
  const model = await openModel(findModel('tiny.en'));
  try {
    return loadTokenizer(await tokenizerSource(model), model.dims);
  } finally {
    await model.file.close();
  }
}
