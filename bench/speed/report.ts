// The speed suite's results as Markdown, and as lines for the terminal.

import { list, mb, table, textList } from '../report/markdown.ts';
import { leastAndMedian } from '../report/spread.ts';
import { type Comparison, compare, figuresOf } from './figures.ts';
import { type Results, type Row, rowName } from './results.ts';

export function formatReport(results: Results): string {
  const { command, adapter, machine, commit, rounds, clip, unclocked, unmetered, rows } = results;
  const models = [...new Set(rows.map((row) => row.model))];
  return `${[
    `# Speed on ${adapter}`,
    `\`${command}\` on ${machine}, commit ${commit}.`,
    `${clip.toFixed(1)} s of speech, one window, English, greedy, batch 1, no fallback, no timestamps. A process for each row and round, ` +
      `${rounds} rounds in turn, so that all engines share the machine's bad minutes. Precision of weights as each engine names it; *flash* ` +
      'is whisper.cpp with its fused attention. The CPU row is whisper.cpp without a GPU, in a build with AVX2: a mark to stretch for, and ' +
      'no part of the comparison.',
    ...(unclocked === undefined
      ? []
      : [`**whisper.cpp on Vulkan ran with timestamps and did not tell its stages**: ${unclocked}.`]),
    ...(unmetered === undefined ? [] : [`**The driver's bytes were not measured**: ${unmetered}.`]),
    '## What the figures count',
    list([...DEFINITIONS, `Cold starts were measured at commit ${coldCommits(rows)}.`]),
    ...models.flatMap((model) => {
      const own = rows.filter((row) => row.model === model);
      const compared = compare(results, model);
      return [
        `## ${model}`,
        ...formatModel(own, clip),
        ...(compared.length > 0 ? [MARKS_TEXT, marksTable(compared)] : []),
      ];
    }),
    '## Versions',
    list([...new Set(rows.flatMap(({ cold }) => cold?.version ?? []))]),
    '## Texts',
    textList(rows.flatMap((row) => (row.cold ? [{ text: row.cold.text, name: rowName(row) }] : []))),
  ].join('\n\n')}\n`;
}

const coldCommits = (rows: readonly Row[]) => [...new Set(rows.flatMap((row) => row.coldCommit ?? []))].join(', ');

const DEFINITIONS = [
  '**load**: the call that loads the model, the engine’s modules being there; median of the warm processes.',
  '**first text**: load and first transcription of a process. *Cold*: the driver’s cache of compiled kernels (Mesa’s, NVIDIA’s) is an ' +
    'empty folder; once, in a run that may be an earlier one. *Warm*: the folder that the cold process filled; least, and median. Model files are in the system’s cache.',
  '**encoder**: log-mel to encoder states. Of this package and of whisper.cpp the cross keys and values of all layers are in it; ' +
    'transformers.js computes those in its first decoder pass, which is in no stage here.',
  '**a token**: time of all decoder passes after the prompt’s, over the tokens that they gave, the end of text among them. Of this package ' +
    'the choice of the token is in it, and passes computed past the end; of the others the choice, on the CPU, is not.',
  '**whole**: a transcription in a process that has done one before: everything from samples to text. **x real time** is the least of it ' +
    'over the length of the clip.',
  '**driver peak**: most bytes held at once of what the process asked of the Vulkan driver, in the cold process; the timed ones run unmetered.',
  'Times come from: this package, its result’s `timings`; transformers.js, its sessions’ runs; whisper.cpp, the timings it prints itself.',
];

const MARKS_TEXT =
  'The fastest peer on the GPU, in its best precision for each figure, over this package; least of all calls.';

function formatModel(rows: readonly Row[], clip: number): string[] {
  const able = rows.filter((row) => row.warm.length > 0);
  const header = [
    'engine',
    'weights',
    'load s',
    'first text s, cold',
    'warm',
    'encoder s',
    'a token ms',
    'whole s',
    'x real time',
  ];
  const cells = able.map((row) => {
    const { load, coldText, warmText, encoder, token, whole, realTimeFactor, tokens } = figuresOf(row, clip);
    return [
      ...[row.engine, row.label, fixed(load?.median, 2), fixed(coldText, 2), leastAndMedian(warmText, 2)],
      ...[
        leastAndMedian(encoder, 3),
        leastAndMedian(token, 1, 1000),
        leastAndMedian(whole, 2),
        fixed(realTimeFactor, 2),
      ],
      ...[`${tokens ?? '-'}`, mb(row.cold?.driverPeak), row.sameWords ? 'yes' : '**no**'],
    ];
  });
  const skipped = rows.filter((row) => row.skipped).map((row) => `skipped: ${row.engine} ${row.label}: ${row.skipped}`);
  return [table([...header, 'tokens', 'driver peak MB', 'right words'], 2, cells), list(skipped)].filter(Boolean);
}

function marksTable(compared: readonly Comparison[]): string {
  const labels = compared[0]!.ours.map(({ row }) => row.label);
  const header = [
    'figure',
    'fastest peer',
    'its s',
    ...labels.map((label) => `ours ${label}, times as fast`),
    'mark',
    'met by',
  ];
  const cells = compared.map(({ name, mark, peer, ours, met }) => {
    const of = (label: string) => ours.find(({ row }) => row.label === label)?.ratio;
    const ratios = labels.map((label) => fixed(of(label), 2));
    return [
      name,
      `${peer.row.engine} ${peer.row.label}`,
      fixed(peer.seconds, 3),
      ...ratios,
      `${mark}`,
      met.length === ours.length ? 'all' : met.join(', ') || '**none**',
    ];
  });
  return table(header, 2, cells);
}

/** A row for the terminal. */
export function formatRow(row: Row, clip: number): string {
  const name = rowName(row).padEnd(44);
  if (row.warm.length === 0) return `${name} SKIPPED: ${row.skipped}`;
  const { load, coldText, warmText, encoder, token, whole } = figuresOf(row, clip);
  return (
    `${name} load ${fixed(load?.median, 2)} s, first text ${fixed(coldText, 2)} cold ${fixed(warmText?.min, 2)} warm, ` +
    `encoder ${leastAndMedian(encoder, 3)}, token ${leastAndMedian(token, 1, 1000)} ms, whole ${leastAndMedian(whole, 2)} s, ` +
    `driver ${mb(row.cold?.driverPeak)} MB${row.sameWords ? '' : '; OTHER WORDS'}${row.skipped ? `; STOPPED: ${row.skipped}` : ''}`
  );
}

/** The comparison for the terminal. */
export function formatMarks(results: Results): string {
  const models = [...new Set(results.rows.map((row) => row.model))];
  return models.map((model) => `${model}\n${marksTableOr(compare(results, model))}`).join('\n');
}

function marksTableOr(compared: readonly Comparison[]): string {
  return compared.length > 0 ? marksTable(compared) : 'no peer to compare with';
}

const fixed = (value: number | undefined, digits: number) => (value === undefined ? '-' : value.toFixed(digits));
