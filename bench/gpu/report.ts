// The GPU suite's results as Markdown, and as lines for the terminal.

import { list, table } from '../report/markdown.ts';
import type { PartResult, Row, Status } from './schedule.ts';

export interface Results {
  readonly command: string;
  readonly adapter: string;
  readonly machine: string;
  readonly commit: string;
  readonly shapes: string;
  /** Of the whole run so far. */
  readonly seconds: number;
  readonly parts: readonly PartResult[];
}

export function formatReport({ command, adapter, machine, commit, shapes, seconds, parts }: Results): string {
  const rehearsal = shapes === 'tiny' ? ['**A rehearsal with tiny shapes: its times say nothing of any model.**'] : [];
  return `${[
    `# GPU suite on ${adapter}`,
    `\`${command}\` on ${machine}, commit ${commit}, ${seconds.toFixed(0)} s in all.`,
    ...rehearsal,
    `In all: ${formatCounts(parts)}.`,
    ...parts.flatMap(formatPart),
  ].join('\n\n')}\n`;
}

function formatPart({ title, columns, notes, rows }: PartResult): string[] {
  const told = rows.filter((row) => Object.keys(row.cells).length > 0);
  const cells = told.map((row) => [row.name, row.status, ...columns.map((column) => formatCell(row.cells[column]))]);
  const troubles = rows.filter(({ note }) => note !== '');
  const lines = rows.flatMap((row) => row.lines);
  return [
    `## ${title}`,
    ...notes,
    table(['what', 'status', ...columns], 2, cells),
    ...(lines.length > 0 ? [`\`\`\`\n${lines.join('\n')}\n\`\`\``] : []),
    list(troubles.map(({ name, status, note }) => `**${status}** ${name}: ${note.replaceAll('\n', ' ')}`)),
  ].filter((piece) => piece !== '');
}

/** `30 ok, 2 NOT RUN`; a status that no row has is left out. */
export function formatCounts(parts: readonly Pick<PartResult, 'rows'>[]): string {
  const counts = new Map<Status, number>();
  for (const { status } of parts.flatMap(({ rows }) => rows)) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ') || 'nothing yet';
}

/** A row for the terminal. */
export function formatRow(row: Row, columns: readonly string[]): string {
  const cells = columns.filter((column) => row.cells[column] !== undefined);
  const text = cells.map((column) => `${column} ${formatCell(row.cells[column])}`).join('; ');
  return [
    `${row.status.padEnd(8)} ${row.name.padEnd(36)} ${[text, row.note].filter(Boolean).join('; ')}`,
    ...row.lines,
  ].join('\n');
}

/** Four digits that count, and no exponents. */
function formatCell(value: number | string | undefined): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return `${value}`;
  return Math.abs(value) >= 1000 ? value.toFixed(0) : `${Number(value.toPrecision(4))}`;
}
