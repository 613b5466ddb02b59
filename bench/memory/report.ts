// The results as Markdown: what each figure counts, and the tables. MB = 1e6 bytes.

import { list, mb, table, textList } from '../report/markdown.ts';
import type { PlannedRow } from './planned.ts';
import type { Results, Row } from './results.ts';

export function formatReport(results: Results): string {
  const { command, adapter, machine, windows, unmetered, rows, planned } = results;
  const models = [...new Set(rows.map((row) => row.model))];
  return `${[
    `# Memory on ${adapter}`,
    `\`${command}\` on ${machine}. MB = 1e6 bytes; one process for each row, in this run or an earlier one.`,
    `Greedy, batch 1, English, no fallback; an 11 s clip, then a long one of ${windows} windows of 30 s that hold the same words. ` +
      'Weights as each engine names their precision. Modes of this package: resident (not named), absorbed, phased, streamed; *flash* is ' +
      'whisper.cpp with its fused attention.',
    ...(unmetered === undefined ? [] : [`**The driver's bytes were not measured**: ${unmetered}.`]),
    '## What the figures count',
    list(definitions(windows)),
    '## Empty devices',
    emptyTable(results),
    ...models.flatMap((model) => {
      const own = rows.filter((row) => row.model === model);
      return [`## ${model}`, memoryTable(own), timeTable(own), skips(own)].filter(Boolean);
    }),
    ...(rows.some((row) => row.sample) ? ['## Texts', textList(rows.flatMap(heard))] : []),
    ...(planned.length === 0
      ? []
      : ['## Planned, every published size', plannedText(planned), ...plannedTables(planned)]),
  ].join('\n\n')}\n`;
}

function definitions(windows: number): string[] {
  return [
    '**driver peak**: most bytes held at once of what the process asked of the Vulkan driver with `vkAllocateMemory`, an ' +
      "engine's pools and their slack included, host memory that the device reaches too; what a driver takes for itself (shader code, " +
      'command buffers) is not seen.',
    '**weights**: of this package, its weight buffers, which in modes phased and streamed hold a part at a time; of whisper.cpp, the model ' +
      'size in its log; of transformers.js, its two ONNX files, whose graphs are less than 1 MB of that.',
    '**beside weights**: driver peak less weights. What an empty device of the runtime holds is part of it.',
    '**planned**: bytes of all buffers, known before the first dispatch; each run asserts that they are those created.',
    `**grown**: bytes of the driver held after window ${windows} of the long clip less those held after the first window of the process.`,
    '**RSS peak**: most resident memory of the process. On a software driver all Vulkan memory is in it; so are Node, its TypeScript ' +
      'loader and the driver itself, which the empty device shows.',
    '**first**: seconds of the first window of the process, in which a driver compiles kernels or finds them in its cache on disk. ' +
      '**window**: seconds of a window afterwards, least and median of two calls on the short clip and the mean of the long one. ' +
      'Bytes repeat from run to run. Times are wall clock: an upper bound where the machine did other work as well.',
    "**tokens**: of the short clip's text, by Whisper's English tokenizer; timestamps and the prompt come on top in every engine.",
  ];
}

function emptyTable({ emptyDevices }: Results): string {
  const rows = emptyDevices.map(({ name, sample, skipped }) =>
    sample
      ? [name, sample.version, mb(sample.peak.driver), mb(sample.peak.rss)]
      : [name, `skipped: ${skipped}`, '-', '-'],
  );
  return table(['device', 'version', 'driver peak', 'RSS peak'], 2, rows);
}

function memoryTable(rows: readonly Row[]): string {
  const cells = rows.flatMap(({ engine, label, sample }) => {
    if (!sample?.transcribed) return [];
    const { weightBytes, plannedBytes, peak, transcribed } = sample;
    const { afterFirstWindow, afterLastWindow } = transcribed;
    return [
      [
        ...[engine, label, mb(weightBytes), mb(less(peak.driver, weightBytes)), mb(peak.driver), mb(plannedBytes)],
        ...[mb(less(afterLastWindow.driver, afterFirstWindow.driver), 3), mb(peak.rss)],
      ],
    ];
  });
  return table(
    ['engine', 'weights, mode', 'weights', 'beside weights', 'driver peak', 'planned', 'grown', 'RSS peak'],
    2,
    cells,
  );
}

function timeTable(rows: readonly Row[]): string {
  const cells = rows.flatMap(({ engine, label, sample, tokens, sameWords }) => {
    if (!sample?.transcribed) return [];
    const { load, first, windowMin, windowMedian } = sample.transcribed.seconds;
    const seconds = [load, first, windowMin, windowMedian].map((s) => s.toFixed(2));
    return [[engine, label, ...seconds, `${tokens}`, sameWords ? 'yes' : '**no**']];
  });
  const header = ['engine', 'weights, mode', 'load s', 'first s', 'window s, min', 'median', 'tokens', 'right words'];
  return table(header, 2, cells);
}

function skips(rows: readonly Row[]): string {
  return list(rows.filter((row) => row.skipped).map((row) => `skipped: ${row.engine} ${row.label}: ${row.skipped}`));
}

function heard({ model, engine, label, sample }: Row): { readonly text: string; readonly name: string }[] {
  const text = sample?.transcribed?.text;
  return text === undefined ? [] : [{ text, name: `${model} ${engine} ${label}` }];
}

function plannedText(planned: readonly PlannedRow[]): string {
  const ratio = Math.max(...planned.map((row) => row.arenaBytes / row.lowerBound));
  return (
    'All GPU bytes by mode, and in brackets those beside the weights. One sequence of the whole text context. Each was also created on ' +
    "Dawn's null backend, where the sizes asked of `device.createBuffer` added up to the bytes planned, every time. " +
    `The largest arena is ${ratio.toFixed(4)} times its lower bound.`
  );
}

function plannedTables(planned: readonly PlannedRow[]): string[] {
  const modes = [...new Set(planned.map((row) => row.mode))];
  return [...new Set(planned.map((row) => row.weights))].map((weights) => {
    const own = planned.filter((row) => row.weights === weights);
    const models = [...new Set(own.map((row) => row.model))];
    const cell = (model: string, mode: string) => plannedCell(own.find((r) => r.model === model && r.mode === mode));
    return table(
      [weights, ...modes],
      1,
      models.map((model) => [model, ...modes.map((mode) => cell(model, mode))]),
    );
  });
}

function plannedCell(row: PlannedRow | undefined): string {
  return row ? `${mb(row.plannedBytes)} (${mb(row.plannedBytes - row.weightBytes)})` : '-';
}

function less(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}
