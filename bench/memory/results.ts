// The suite's results as stored: rows of one adapter, of which a later run may replace some.

import { existsSync, readFileSync } from 'node:fs';
import { writeReport } from '../report/files.ts';
import { drawChart } from './chart.ts';
import type { Sample } from './job.ts';
import type { PlannedRow } from './planned.ts';
import { formatReport } from './report.ts';

export interface Row {
  readonly engine: string;
  readonly label: string;
  readonly model: string;
  readonly sample?: Sample;
  /** Tokens of the short clip's text, by Whisper's English tokenizer. */
  readonly tokens?: number;
  /** Every window's words are those spoken. */
  readonly sameWords?: boolean;
  /** Why there is no sample. */
  readonly skipped?: string;
}

export interface Results {
  readonly command: string;
  readonly adapter: string;
  readonly machine: string;
  /** Of the long clip. */
  readonly windows: number;
  /** Why the driver's figures are absent. */
  readonly unmetered?: string;
  readonly emptyDevices: readonly { readonly name: string; readonly sample?: Sample; readonly skipped?: string }[];
  readonly rows: readonly Row[];
  readonly planned: readonly PlannedRow[];
}

export const keyOf = ({ engine, label, model }: Pick<Row, 'engine' | 'label' | 'model'>) =>
  `${model}, ${engine} ${label}`;

/** What was stored before of the same adapter and clip, if anything. */
export function readResults(stem: string, adapter: string, windows: number): Results | undefined {
  if (!existsSync(`${stem}.json`)) return undefined;
  const stored = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Results;
  return stored.adapter === adapter && stored.windows === windows ? stored : undefined;
}

/** `added` in place of the rows of the same keys, in the order of `keys`; rows under no key of these are gone. */
export function mergeRows(keys: readonly string[], stored: readonly Row[], added: readonly Row[]): Row[] {
  const byKey = new Map([...stored, ...added].map((row) => [keyOf(row), row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

export function writeResults(stem: string, results: Results): void {
  writeReport(stem, results, formatReport(results), drawChart(results));
}
