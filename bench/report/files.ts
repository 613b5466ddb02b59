// Results as files, each whole or not at all.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** `<stem>.json`, `.md` and, where there is a drawing, `.svg`. */
export function writeReport(stem: string, results: object, markdown: string, svg?: string): void {
  mkdirSync(dirname(stem), { recursive: true });
  write(`${stem}.json`, `${JSON.stringify(results, rounded, 2)}\n`);
  write(`${stem}.md`, markdown);
  if (svg !== undefined) write(`${stem}.svg`, svg);
}

/** `bench/results/<suite>.<adapter>`; real GPUs by their names, software adapters by their kinds. */
export function resultsStem(suite: string, adapter: string, kind: string): string {
  return `bench/results/${suite}.${kind === 'gpu' ? adapter.toLowerCase().replace(/[^a-z0-9]+/g, '-') : kind}`;
}

/** Milliseconds are as fine as seconds are here; what is below a second keeps three digits that count. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Math.abs(value) < 1 ? Number(value.toPrecision(3)) : Number(value.toFixed(3));
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
