// `plan --compare`: what our formats and modes plan for a model, beside what engines were measured to take. Plain data; no device.

import type { ModelDimensions } from '../whisper/dims.ts';
import { MODES, type Mode } from '../whisper/graph_options.ts';
import { WEIGHT_PRECISIONS, type WeightPrecision } from '../whisper/weight_rules.ts';
import type { MeasuredPeak } from './measured_peaks.ts';
import { planReport } from './plan_report.ts';

/** f32 is for looking closely: published weights are f16. */
const FORMATS = WEIGHT_PRECISIONS.filter((format) => format !== 'f32');
const OURS = 'whisper-wgsl';

export interface PlannedRow {
  readonly weights: WeightPrecision;
  readonly mode: Mode;
  /** Every buffer of the engine, as planned. */
  readonly plannedBytes: number;
  /** Over the least that is planned here. */
  readonly plannedRatio: number;
  /** Driver's peak, and that over the least of ours that was measured; where stored. */
  readonly driverBytes?: number;
  readonly driverRatio?: number;
}

export interface PeerRow {
  readonly engine: string;
  readonly label: string;
  readonly driverBytes: number;
  /** Over the least driver's peak of ours. */
  readonly driverRatio: number;
}

export interface Comparison {
  readonly model: string;
  /** Fewest planned bytes first. */
  readonly ours: readonly PlannedRow[];
  /** Fewest measured bytes first; none where the model was not measured. */
  readonly peers: readonly PeerRow[];
}

/** Plans of one model in all formats and modes, f16 caches, one sequence of the whole context: as `peaks` of any model were measured. */
export function compareModel(model: string, dims: ModelDimensions, peaks: readonly MeasuredPeak[]): Comparison {
  const measured = peaks.filter((peak) => peak.model === model).sort((a, b) => a.driverBytes - b.driverBytes);
  const leastDriver = measured.find(({ engine }) => engine === OURS)?.driverBytes ?? Number.NaN;
  const plans = FORMATS.flatMap((weights) =>
    MODES.map((mode) => ({ weights, mode, plannedBytes: planReport(model, dims, { weights, mode }).totalBytes })),
  );
  const leastPlanned = Math.min(...plans.map(({ plannedBytes }) => plannedBytes));
  const ours = plans.map((row): PlannedRow => {
    const peak = measured.find(({ engine, label }) => engine === OURS && label === measuredLabel(row));
    return {
      ...{ ...row, plannedRatio: row.plannedBytes / leastPlanned },
      ...(peak && { driverBytes: peak.driverBytes, driverRatio: peak.driverBytes / leastDriver }),
    };
  });
  const peers = measured.filter(({ engine }) => engine !== OURS);
  return {
    model,
    ours: ours.sort((a, b) => a.plannedBytes - b.plannedBytes),
    peers: peers.map(({ engine, label, driverBytes }) => {
      return { engine, label, driverBytes, driverRatio: driverBytes / leastDriver };
    }),
  };
}

/** As the memory bench names our rows: `int8`, `int8 absorbed`. */
function measuredLabel({ weights, mode }: Pick<PlannedRow, 'weights' | 'mode'>): string {
  return mode === 'resident' ? weights : `${weights} ${mode}`;
}
