// What the speed suite measured, as stored.

import { existsSync, readFileSync } from 'node:fs';
import type { SpeedSample } from './job.ts';

export interface Row {
  readonly engine: string;
  readonly label: string;
  readonly model: string;
  readonly device: 'gpu' | 'cpu';
  /** The process that found the driver's cache of kernels empty; it ran under the memory meter. */
  readonly cold?: SpeedSample;
  /** The commit it was of: a later run may keep it. */
  readonly coldCommit?: string;
  /** A process each round, on the cache that the cold one filled. */
  readonly warm: readonly SpeedSample[];
  /** Every process wrote the words spoken. */
  readonly sameWords?: boolean;
  /** Why there is no sample, or why there are no more. */
  readonly skipped?: string;
}

export interface Results {
  readonly command: string;
  readonly adapter: string;
  readonly machine: string;
  readonly commit: string;
  readonly rounds: number;
  /** Seconds of the clip. */
  readonly clip: number;
  /** Why whisper.cpp's stages are absent. */
  readonly unclocked?: string | undefined;
  /** Why the driver's bytes are absent. */
  readonly unmetered?: string | undefined;
  readonly rows: readonly Row[];
}

export const rowName = ({ model, engine, label }: Row) => `${model}, ${engine} ${label}`;

/** Rows stored before of the same adapter, by name. */
export function readRows(stem: string, adapter: string): ReadonlyMap<string, Row> {
  if (!existsSync(`${stem}.json`)) return new Map();
  const stored = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Results;
  return new Map(stored.adapter === adapter ? stored.rows.map((row) => [rowName(row), row]) : []);
}
