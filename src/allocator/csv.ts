// The CSV form of google/minimalloc and cappadokes/idealloc: a header, then a buffer a line; a packed file has a
// column `offset` more. Commas and quotes inside fields are not part of the form.

import { OptionError } from '../errors.ts';
import { type Buffer, checkProblem, type Gap, type Problem } from './problem.ts';

/** What a CSV file holds: a problem and, when it has a column `offset`, its packing. */
export interface CsvFile {
  readonly problem: Problem;
  readonly offsets?: readonly number[];
}

type Column = 'id' | 'lower' | 'upper' | 'size' | 'alignment' | 'hint' | 'gaps' | 'offset';
type Row = Partial<Record<Column, string>>;

/** Names that headers use. Times under `end` are inclusive, and so are then the ends of gaps. */
const COLUMNS: Readonly<Record<string, Column>> = {
  id: 'id',
  buffer: 'id',
  buffer_id: 'id',
  lower: 'lower',
  start: 'lower',
  begin: 'lower',
  upper: 'upper',
  end: 'upper',
  size: 'size',
  alignment: 'alignment',
  hint: 'hint',
  gaps: 'gaps',
  offset: 'offset',
};
const REQUIRED: readonly Column[] = ['id', 'lower', 'upper', 'size'];

/**
 * Reads a problem. `name` stands in the messages.
 * @throws OptionError naming the line that is malformed.
 */
export function parseCsv(text: string, name = 'csv'): CsvFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const header = lines[0].split(',').map((field) => field.trim());
  const columns = readHeader(header, name);
  const inclusive = header.includes('end') ? 1 : 0;
  const offsets: number[] = [];
  const buffers = lines.slice(1).map((line, index) => {
    const where = `${name} line ${index + 2}`;
    const row = readRow(line, columns, where);
    if (row.offset !== undefined) offsets.push(wholeNumber(row.offset, 'offset', where));
    return readBuffer(row, inclusive, where);
  });
  const problem = { buffers };
  checkProblem(problem, name);
  return columns.includes('offset') ? { problem, offsets } : { problem };
}

/**
 * Writes a problem, with the columns it needs and, given offsets, its packing. Read back it is the same problem.
 * @throws OptionError when an id cannot be a field, or the offsets are not one a buffer.
 */
export function formatCsv({ buffers }: Problem, offsets?: readonly number[]): string {
  if (offsets !== undefined && offsets.length !== buffers.length) {
    throw new OptionError(`formatCsv: expected ${buffers.length} offsets, one a buffer, got ${offsets.length}`);
  }
  const fields: [Column, (buffer: Buffer, index: number) => string | number][] = [
    ['id', ({ id }) => checkId(id)],
    ['lower', ({ lower }) => lower],
    ['upper', ({ upper }) => upper],
    ['size', ({ size }) => size],
  ];
  if (buffers.some((one) => one.alignment !== undefined)) fields.push(['alignment', (one) => one.alignment ?? 1]);
  if (buffers.some((one) => one.hint !== undefined)) fields.push(['hint', (one) => one.hint ?? -1]);
  if (buffers.some((one) => one.gaps !== undefined)) fields.push(['gaps', (one) => formatGaps(one.gaps)]);
  if (offsets !== undefined) fields.push(['offset', (_, index) => offsets[index]]);
  const header = fields.map(([column]) => column).join(',');
  const rows = buffers.map((buffer, index) => fields.map(([, field]) => field(buffer, index)).join(','));
  return `${[header, ...rows].join('\n')}\n`;
}

function readHeader(header: readonly string[], name: string): Column[] {
  const columns = header.map((field) => {
    const column = Object.hasOwn(COLUMNS, field) ? COLUMNS[field] : undefined;
    if (column !== undefined) return column;
    const known = Object.keys(COLUMNS).join(', ');
    throw new OptionError(`${name} line 1: expected column names out of ${known}, got '${field}'`);
  });
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw new OptionError(`${name} line 1: expected one column for ${twice}, got several`);
  const missing = REQUIRED.find((column) => !columns.includes(column));
  if (missing !== undefined) throw new OptionError(`${name} line 1: expected a column for ${missing}, got none`);
  return columns;
}

function readRow(line: string, columns: readonly Column[], where: string): Row {
  const fields = line.split(',');
  if (fields.length !== columns.length) {
    throw new OptionError(`${where}: expected ${columns.length} fields as in the header, got ${fields.length}`);
  }
  return Object.fromEntries(fields.map((field, index) => [columns[index], field.trim()]));
}

function readBuffer(row: Row, inclusive: number, where: string): Buffer {
  const number = (column: Column) => wholeNumber(row[column] ?? '', column, where);
  const hint = row.hint === undefined ? -1 : number('hint');
  const gaps = row.gaps?.split(/\s+/).filter((gap) => gap !== '');
  return {
    id: row.id!,
    lower: number('lower'),
    upper: number('upper') + inclusive,
    size: number('size'),
    ...(row.alignment === undefined ? {} : { alignment: number('alignment') }),
    ...(hint < 0 ? {} : { hint }),
    ...(gaps?.length ? { gaps: gaps.map((gap) => readGap(gap, inclusive, where)) } : {}),
  };
}

/** `3-5`: no byte is live from 3 to 5. `3-5@0:16`: of its bytes only [0, 16) are. */
function readGap(text: string, inclusive: number, where: string): Gap {
  const match = /^(-?\d+)-(-?\d+)(?:@(\d+):(\d+))?$/.exec(text);
  if (match === null) throw new OptionError(`${where}: expected gaps as 3-5 or 3-5@0:16, got '${text}'`);
  const [lower, upper, low, high] = match.slice(1).map(Number);
  const times = { lower, upper: upper + inclusive };
  return match[3] === undefined ? times : { ...times, window: { lower: low, upper: high } };
}

function formatGaps(gaps: readonly Gap[] = []): string {
  return gaps
    .map(({ lower, upper, window }) => `${lower}-${upper}${window ? `@${window.lower}:${window.upper}` : ''}`)
    .join(' ');
}

function wholeNumber(text: string, column: Column, where: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new OptionError(`${where}: expected ${column} to be a whole number below 2^53, got '${text}'`);
}

function checkId(id: string | number): string {
  if (/[,"\r\n]|^\s|\s$/.test(`${id}`)) throw new OptionError(`formatCsv: expected ids without commas, got '${id}'`);
  return `${id}`;
}
