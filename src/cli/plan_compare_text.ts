// Comparisons of `plan --compare` as text for people and as JSON for programs.

import { mb } from './io.ts';
import type { MeasuredOn } from './measured_peaks.ts';
import type { Comparison, PeerRow, PlannedRow } from './plan_compare.ts';

const NAME = 32;
const CELL = 12;

/** A table for each model; what each figure counts stands first, once. */
export function compareText(comparisons: readonly Comparison[], measuredOn: MeasuredOn): string {
  return `${[...preamble(comparisons, measuredOn), ...comparisons.flatMap(modelLines)].join('\n')}\n`;
}

function preamble(comparisons: readonly Comparison[], measuredOn: MeasuredOn): string[] {
  const planned = [
    'MB = 1e6 bytes of GPU memory for f16 caches and one sequence of the whole context',
    'planned: every buffer that whisper-wgsl makes, weights included, known beforehand; x least: over the least planned of the model',
  ];
  if (comparisons.every(({ peers }) => peers.length === 0)) return planned;
  const { command, adapter, machine, windows, versions } = measuredOn;
  return [
    ...planned,
    'driver: most bytes allocated from the driver at once, measured, with what Dawn or another runtime takes besides; x ours: over the least driver peak of ours',
    `measured with '${command}' on ${adapter}, ${machine}: ${windows} windows of 30 s, greedy; another adapter or version may take other amounts`,
    `of ${[...new Set(Object.values(versions))].join('; ')}`,
  ];
}

function modelLines({ model, ours, peers }: Comparison): string[] {
  const measured = peers.length > 0;
  const headings = ['planned', 'x least', ...(measured ? ['driver', 'x ours'] : [])];
  return [
    '',
    line(model, headings),
    ...ours.map((row) => line(`whisper-wgsl ${row.weights} ${row.mode}`, ourCells(row, measured))),
    ...peers.map((row) => line(`${row.engine} ${row.label}`, ['-', '-', ...driverCells(row)])),
  ];
}

function ourCells(row: PlannedRow, measured: boolean): string[] {
  return [mb(row.plannedBytes), row.plannedRatio.toFixed(2), ...(measured ? driverCells(row) : [])];
}

function driverCells({ driverBytes, driverRatio }: Pick<PlannedRow | PeerRow, 'driverBytes' | 'driverRatio'>) {
  return driverBytes === undefined || driverRatio === undefined
    ? ['-', '-']
    : [mb(driverBytes), driverRatio.toFixed(2)];
}

function line(name: string, cells: readonly string[]): string {
  return `${name.padEnd(NAME)} ${cells.map((cell) => cell.padStart(CELL)).join('')}`;
}

/** Bytes under stable names; one object for one model, an array for several. What was not measured is left out. */
export function compareJson(comparisons: readonly Comparison[], measuredOn: MeasuredOn): string {
  const all = comparisons.map(({ model, ours, peers }) => ({
    model,
    ours: ours.map(({ weights, mode, ...row }) => ({
      ...{ weights, mode, planned_bytes: row.plannedBytes, planned_ratio: row.plannedRatio },
      ...driverJson(row),
    })),
    peers: peers.map(({ engine, label, ...row }) => ({ engine, label, ...driverJson(row) })),
    ...(peers.length > 0 && { measured_on: measuredOn }),
  }));
  return `${JSON.stringify(all.length === 1 ? all[0] : all, undefined, 2)}\n`;
}

function driverJson({ driverBytes, driverRatio }: Pick<PlannedRow | PeerRow, 'driverBytes' | 'driverRatio'>) {
  return { ...(driverBytes !== undefined && { driver_peak_bytes: driverBytes, driver_ratio: driverRatio }) };
}
