// The reports of `plan` as text for people and as JSON for programs.

import { megabytes } from './io.ts';
import type { PlanReport } from './plan_report.ts';

/** What the plan is of: `int8 weights, f16 caches, mode resident, 1 sequence of 448 tokens`. */
export function planTitle({ options }: PlanReport): string {
  const { weights, weightRules, cache, mode, batch, textContext } = options;
  const others = weightRules.length > 0 ? ', some matrices otherwise' : '';
  const sequences = batch === 1 ? '1 sequence' : `${batch} sequences`;
  return `${weights} weights${others}, ${cache} caches, mode ${mode}, ${sequences} of ${textContext} tokens`;
}

/** Arena, uniforms and staging. */
export const besideWeights = ({ totalBytes, plan }: PlanReport) => totalBytes - plan.weightBytes;

/** Height over lower bound; 1 is the best there is. */
export const arenaRatio = ({ plan }: PlanReport) => plan.arenaBytes / plan.lowerBound;

/** A page of lines for one model. */
export function planText(report: PlanReport): string {
  const { model, plan, phases, largest } = report;
  const row = (name: string, bytes: number, note = '') =>
    `  ${name.padEnd(24)} ${mb(bytes).padStart(10)} ${note}`.trimEnd();
  const reuse = `${arenaRatio(report).toFixed(4)} x the lower bound; ${megabytes(plan.naiveBytes)} if nothing were reused`;
  const width = Math.max(...largest.map(({ name }) => name.length));
  return `${[
    `${model}, ${planTitle(report)}: MB (1e6 bytes) of GPU buffers`,
    row('weights', plan.weightBytes),
    row('arena', plan.arenaBytes, reuse),
    row('uniforms', report.uniformBytes),
    row('upload and read-back', report.stagingBytes),
    row('total', report.totalBytes),
    row('beside the weights', besideWeights(report)),
    'live at once in the arena, by phase',
    ...phases.map(({ name, peakBytes }) => row(name, peakBytes)),
    `largest at the peak (${report.peakPhase}, at ${report.peakNode}), and what would make them smaller`,
    ...largest.map(({ name, count, bytes, remedy }) => {
      return `  ${mb(bytes).padStart(10)} ${`${count}`.padStart(4)} x ${name.padEnd(width)}  ${remedy}`;
    }),
  ].join('\n')}\n`;
}

const COLUMNS: readonly (readonly [string, (report: PlanReport) => string])[] = [
  ['total', ({ totalBytes }) => mb(totalBytes)],
  ['weights', ({ plan }) => mb(plan.weightBytes)],
  ['beside them', (report) => mb(besideWeights(report))],
  ['arena', ({ plan }) => mb(plan.arenaBytes)],
  ['x bound', (report) => arenaRatio(report).toFixed(4)],
  ['no reuse', ({ plan }) => mb(plan.naiveBytes)],
  ['peak in', ({ peakPhase }) => peakPhase],
];

/** A line a model. */
export function planTable(reports: readonly PlanReport[]): string {
  const width = Math.max(...reports.map(({ model }) => model.length), 'model'.length);
  const line = (model: string, cells: readonly string[]) =>
    `${model.padEnd(width)} ${cells.map((cell) => cell.padStart(12)).join('')}`;
  return `${[
    `${planTitle(reports[0]!)}: MB (1e6 bytes) of GPU buffers`,
    line('model', COLUMNS.map(([name]) => name)), // biome-ignore format: beside the next
    ...reports.map((report) => line(report.model, COLUMNS.map(([, cell]) => cell(report)))), // biome-ignore format: as above
  ].join('\n')}\n`;
}

/** Bytes by purpose under stable names; one object for one model, an array for several. */
export function planJson(reports: readonly PlanReport[]): string {
  const all = reports.map((report) => {
    const { model, dims, options, plan, phases, largest } = report;
    return {
      model,
      total_bytes: report.totalBytes,
      non_weight_bytes: besideWeights(report),
      weights_bytes: plan.weightBytes,
      arena: { bytes: plan.arenaBytes, lower_bound: plan.lowerBound },
      naive_bytes: plan.naiveBytes,
      uniforms_bytes: report.uniformBytes,
      staging_bytes: report.stagingBytes,
      phase_peaks: Object.fromEntries(phases.map(({ name, peakBytes }) => [name, peakBytes])),
      peak: { phase: report.peakPhase, node: report.peakNode, largest },
      options,
      dims,
    };
  });
  return `${JSON.stringify(all.length === 1 ? all[0] : all, undefined, 2)}\n`;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(3);
}
