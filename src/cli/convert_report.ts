// The report of `convert --report` as a table for people and as JSON for programs.

import type { MixtureReport, WeightsReport } from '../whisper/report.ts';
import type { Divergence } from '../whisper/report_divergence.ts';
import { mb } from './io.ts';

type Column = readonly [heading: string, cell: (row: MixtureReport) => string];

/** One line for the model as it is, one for each mixture. */
export function weightsTable(model: string, clips: number, report: WeightsReport): string {
  const { adapter, reference, mixtures, positions, allPositions } = report;
  const rows = [reference, ...mixtures];
  const said = rows.some(({ werToTranscripts }) => werToTranscripts !== undefined);
  const columns: readonly Column[] = [
    ['file MB', ({ fileBytes }) => mb(fileBytes)],
    ['GPU MB', ({ gpuWeightBytes }) => mb(gpuWeightBytes)],
    ['GPU in all', ({ gpuBytes }) => mb(gpuBytes)],
    ['mean KL', ({ divergence }) => of(divergence, ({ meanKl }) => small(meanKl))],
    ['max KL', ({ divergence }) => of(divergence, ({ maxKl }) => small(maxKl))],
    ['same top', ({ divergence }) => of(divergence, sameOf)],
    [`WER to ${reference.mixture}`, ({ werToReference }) => percent(werToReference)],
    ...(said ? [['WER', ({ werToTranscripts }: MixtureReport) => percent(werToTranscripts)] as const] : []),
  ];
  const width = Math.max(...rows.map(({ mixture }) => mixture.length), 'mixture'.length);
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)} ${cells.map((cell, i) => cell.padStart(Math.max(columns[i]![0].length, 9) + 2)).join('')}`;
  const some = positions < allPositions ? `the first ${positions} of ${allPositions}` : `${positions}`;
  return `${[
    `${model} on '${adapter}', ${clips} ${clips === 1 ? 'clip' : 'clips'}: ${reference.mixture} as in the file, and mixtures beside it`,
    `MB = 1e6 bytes of weights: tensors in a file, planned buffers on the GPU; in all: with every other buffer`,
    `KL: nats, from ${reference.mixture}'s next-token distribution before any rule, at ${some} positions, fed its greedy tokens`,
    `WER: of each one's own greedy text, after normalising`,
    line('mixture', columns.map(([heading]) => heading)), // biome-ignore format: beside the next
    ...rows.map((row) => line(row.mixture, columns.map(([, cell]) => cell(row)))), // biome-ignore format: as above
  ].join('\n')}\n`;
}

/** Everything measured, under stable names; what was not measured is null. */
export function weightsJson(model: string, clips: readonly string[], report: WeightsReport): string {
  const { adapter, reference, mixtures, positions, allPositions } = report;
  const row = ({ divergence, ...of }: MixtureReport) => ({
    mixture: of.mixture,
    file_bytes: of.fileBytes,
    gpu_weight_bytes: of.gpuWeightBytes,
    gpu_bytes: of.gpuBytes,
    mean_kl: divergence?.meanKl ?? null,
    max_kl: divergence?.maxKl ?? null,
    same_argmax: divergence?.sameArgmax ?? null,
    wer_to_reference: of.werToReference ?? null,
    wer_to_transcripts: of.werToTranscripts ?? null,
    texts: of.texts,
  });
  const all = { model, adapter, clips, positions, all_positions: allPositions };
  return `${JSON.stringify({ ...all, reference: row(reference), mixtures: mixtures.map(row) }, undefined, 2)}\n`;
}

function of(divergence: Divergence | undefined, cell: (divergence: Divergence) => string): string {
  return divergence === undefined ? '-' : cell(divergence);
}

function sameOf({ sameArgmax, positions }: Divergence): string {
  return `${Math.round(sameArgmax * positions)}/${positions}`;
}

/** 0.00099 -> `9.9e-4`. */
function small(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

function percent(rate: number | undefined): string {
  return rate === undefined ? '-' : `${(100 * rate).toFixed(1)} %`;
}
