// The results as Markdown: begin beside end, the phases of a window, decode steps, collections of garbage. MB = 1e6 bytes.

import { type Cells, list, mb, table } from '../report/markdown.ts';
import type { Spread } from '../report/spread.ts';
import { type Ends, halves, phaseSpread, tenths } from './figures.ts';
import type { Results } from './results.ts';

/** A cost that stays flat is at its end no more than this times what it was at the begin. */
const MARK = 1.1;

export function formatReport(results: Results): string {
  const { command, adapter, machine, commit, model, minutes } = results;
  return `${[
    `# Steady on ${adapter}`,
    `\`${command}\` on ${machine}, commit ${commit}.`,
    `${minutes} minutes of speech in one call: ${model}, greedy, each window with the text before it as its prompt. The audio is an 11 s clip ` +
      'over and over under seeded noise 80 dB below full scale. One process, after a first window that does not count.',
    '## What the figures count',
    list(DEFINITIONS),
    '## Results',
    formatTables(results),
  ].join('\n\n')}\n`;
}

const DEFINITIONS = [
  '**encode** and the other phases: milliseconds of the host from submit to the end of waiting, of a window; median (least to most). ' +
    'The prompt grows to its full length over the first windows, and prefill with it.',
  '**a minute of audio**: of the windows that begin in a half of the audio, everything from one window to the next. The pass over the ' +
    'whole audio that finds its loudest value comes before, and is named below the table.',
  '**a token**, early and late: a window decoded to the end of the context, its end suppressed, several times; the steps nearest to the two.',
  '**GPU bytes**: of all buffers. The run fails unless they are those planned after every window, and no buffer was made on the way.',
  '**heap, typed arrays, resident**: once garbage was collected. The text and what is noted here of each window and step lie on the heap.',
  '**a step**: until what was picked is read, a token on a software adapter and four on a GPU. Half of it may have been computed while the ' +
    'step before was read.',
  '**collections**: of garbage during the long call; milliseconds are those in which the program stood still.',
];

export function formatTables(results: Results): string {
  const { run } = results;
  const { first, last } = tenths(run.windows);
  return [
    table(['figure', 'begin', 'end', 'end / begin', 'mark', 'met'], 1, endRows(results)),
    `${run.windows.length} windows; their first tenth: ${first.length}, their last: ${last.length}. ` +
      `${(run.ms / 1000).toFixed(1)} s in all, of which ${(run.listening / 1000).toFixed(1)} s before the first window.`,
    table(['phase of a window, ms', 'first tenth', 'last tenth', 'last / first'], 1, phaseRows(results)),
    table(['decode steps', 'p50 ms', 'p99 ms', 'max ms', 'p99 / p50', 'max / p50'], 0, [stepCells(results)]),
    table(['collections', 'count', 'ms', 'longest ms', '% of the time', 'MB freed'], 1, collectionRows(results)),
    allocatedText(results),
  ].join('\n\n');
}

function endRows({ run, places }: Results): Cells[] {
  const rates = halves(run.windows);
  const { begin, end } = run.host;
  const bytes = (name: string, first: number, last: number) => row(name, { first, last }, (value) => mb(value));
  const token = (at: keyof Ends<unknown>) => `${places[at].from} to ${places[at].to}`;
  return [
    spreadRow('encode, ms; tenths of the windows', phaseSpread(run.windows, 'encode')),
    spreadRow(`a token, ms; tokens ${token('first')}, and ${token('last')}`, ms(places)),
    row('seconds for a minute of audio; halves', of(rates, 'seconds'), (value) => value.toFixed(2)),
    row('tokens in a minute of audio; halves', of(rates, 'tokens'), (value) => value.toFixed(0)),
    bytes('GPU bytes, MB', run.gpuBytes.first, run.gpuBytes.last),
    bytes('heap, MB', begin.heap, end.heap),
    bytes('typed arrays, MB', begin.arrayBuffers, end.arrayBuffers),
    bytes('resident, MB', begin.resident, end.resident),
  ];
}

function row(name: string, { first, last }: Ends<number>, format: (value: number) => string): Cells {
  return [name, format(first), format(last), ratio(last, first), '', ''];
}

/** A figure that the suite has a mark for. */
function spreadRow(name: string, { first, last }: Ends<Spread>): Cells {
  const met = last.median <= MARK * first.median ? 'yes' : '**no**';
  return [name, spreadText(first), spreadText(last), ratio(last.median, first.median), `${MARK}`, met];
}

function phaseRows({ run: { windows } }: Results): Cells[] {
  const names = [...new Set(windows.flatMap(({ phases }) => Object.keys(phases)))];
  return names.map((name) => {
    const { first, last } = phaseSpread(windows, name);
    return [name, spreadText(first), spreadText(last), ratio(last.median, first.median)];
  });
}

function stepCells({ run: { steps } }: Results): Cells {
  const { count, p50, p99, max } = steps;
  return [`${count}`, p50.toFixed(1), p99.toFixed(1), max.toFixed(1), ratio(p99, p50), ratio(max, p50)];
}

function collectionRows({ run: { host, ms: all } }: Results): Cells[] {
  const cells = (kind: string, count: number, ms: number, longest: number, freed: number) => [
    ...[kind, `${count}`, ms.toFixed(1), longest.toFixed(1), ((100 * ms) / all).toFixed(3), mb(freed)],
  ];
  const { collections } = host;
  const sum = (name: 'count' | 'ms' | 'freed') => collections.reduce((total, kind) => total + kind[name], 0);
  const longest = Math.max(0, ...collections.map((kind) => kind.longest));
  return [
    ...collections.map((kind) => cells(kind.kind, kind.count, kind.ms, kind.longest, kind.freed)),
    cells('all', sum('count'), sum('ms'), longest, sum('freed')),
  ];
}

function allocatedText({ run: { host, windows, ms: all } }: Results): string {
  const tokens = windows.reduce((sum, window) => sum + window.tokens, 0);
  const each = (host.allocated / tokens / 1e3).toFixed(1);
  const second = mb(host.allocated / (all / 1000));
  return `Allocated on the heap: ${mb(host.allocated)} MB, ${second} MB a second; ${each} kB for each of ${tokens} tokens, with what encoder and audio take.`;
}

function spreadText({ min, median, max }: Spread): string {
  return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
}

function ms({ first, last }: Ends<{ readonly ms: Spread }>): Ends<Spread> {
  return { first: first.ms, last: last.ms };
}

function of<K extends string>({ first, last }: Ends<Readonly<Record<K, number>>>, name: K): Ends<number> {
  return { first: first[name], last: last[name] };
}

/** A dash where there was nothing to begin with. */
function ratio(value: number, base: number): string {
  return base > 0 ? (value / base).toFixed(3) : '-';
}
