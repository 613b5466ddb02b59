// The suite's two files, each whole or not at all; written after every task, so that a run that is cut off leaves what it found.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatReport, type Results } from './report.ts';

/** `<stem>.json` and `<stem>.md`. */
export function writeResults(stem: string, results: Results): void {
  mkdirSync(dirname(stem), { recursive: true });
  write(`${stem}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
  write(`${stem}.md`, formatReport(results));
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
