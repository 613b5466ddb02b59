// `whisper-wgsl plan`: the GPU memory of models, to the byte, without weights or a GPU: as text, JSON, a planner's CSV, or pictures.

import { setImmediate } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { drawText, formatCsv } from '../allocator/index.ts';
import { OptionError } from '../errors.ts';
import { openModel } from '../formats/detect.ts';
import { writeText } from '../output/write_text.ts';
import { type ModelDimensions, PUBLISHED_DIMS } from '../whisper/dims.ts';
import { CACHE_PRECISIONS, type GraphOptions, MODES } from '../whisper/graph_options.ts';
import { findModel } from '../whisper/model_folder.ts';
import { weightChoice } from '../whisper/stored_weights.ts';
import { WEIGHT_PRECISIONS, type WeightChoice, type WeightPrecision } from '../whisper/weight_rules.ts';
import { alignmentHeads } from '../whisper/words/alignment_heads.ts';
import { type Io, say } from './io.ts';
import { readMeasuredPeaks } from './measured_peaks.ts';
import { type Comparison, compareModel } from './plan_compare.ts';
import { compareJson, compareText } from './plan_compare_text.ts';
import { planPage } from './plan_html.ts';
import { planPicture, planSvg } from './plan_picture.ts';
import { type PlanReport, planReport } from './plan_report.ts';
import { planJson, planTable, planText } from './plan_text.ts';

type Choices = Partial<Pick<GraphOptions, 'weights' | 'mode' | 'cache' | 'batch' | 'textContext'>>;

interface Flags extends Choices {
  readonly words?: boolean;
  readonly model?: readonly string[];
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly picture?: boolean;
  readonly svg?: string;
  readonly html?: string;
  readonly compare?: boolean;
}

/** Models planned where none is named. */
const DEFAULT_MODELS = ['tiny.en'];

export function planCommand(io: Io, exit: (code: number) => void): Command {
  const published = Object.keys(PUBLISHED_DIMS).join(', ');
  return new Command('plan')
    .description('Print the GPU memory of models, phase by phase, without weights or a GPU.')
    .option('--model <name...>', `${published}; all of these: all; or model folders or files (default: tiny.en)`)
    .addOption(new Option('--weights <format>', 'default f16; of a file, as it has them').choices(WEIGHT_PRECISIONS))
    .addOption(new Option('--mode <mode>', 'what is in memory at a time').choices(MODES).default('resident'))
    .addOption(new Option('--cache <format>', 'how keys and values are kept').choices(CACHE_PRECISIONS).default('f16'))
    .option('--batch <count>', 'sequences decoded in lockstep', count)
    .option('--text-context <tokens>', 'tokens a sequence may have', count)
    .option('--words', 'with room for finding the times of words')
    .addOption(new Option('--json', 'print JSON').conflicts(['csv', 'picture']))
    .addOption(new Option('--csv', "print the arena's packing problem, as `pack` reads it").conflicts('picture'))
    .option('--picture', 'print the arena as a picture of letters, too')
    .option('--svg <file>', 'draw the arena, time by address')
    .option('--html <file>', 'write a page: figures, the drawing, the largest tensors')
    .addOption(
      new Option(
        '--compare',
        'all formats and modes beside what other engines were measured to take (default models: those measured)',
      ).conflicts(['weights', 'mode', 'cache', 'batch', 'textContext', 'words', 'csv', 'picture', 'svg', 'html']),
    )
    .action(async (flags: Flags) => {
      await (flags.compare ? compare(flags, io) : plan(flags, io));
      exit(0);
    });
}

/** Files first: stdout says that all went well. */
async function plan({ model, json, csv, picture, svg, html, words, ...options }: Flags, io: Io): Promise<void> {
  const names = expanded(model ?? DEFAULT_MODELS);
  const forOne = Object.entries({ csv, picture, svg, html }).find(([, given]) => given !== undefined)?.[0];
  if (names.length > 1 && forOne) {
    throw new OptionError(`plan: expected one --model because --${forOne} is of one plan, got ${names.join(', ')}`);
  }
  const reports: PlanReport[] = [];
  for (const name of names) {
    await pause(io);
    const { dims, ...weights } = await modelOf(name, options.weights);
    const alignment = words ? alignmentHeads(dims) : [];
    reports.push(planReport(name, dims, { ...options, ...weights, alignment }));
  }
  const [first] = reports as [PlanReport];
  if (svg !== undefined) await save(svg, planSvg(first, 'arena'), io);
  if (html !== undefined) await save(html, planPage(first), io);
  await writeText(io.stdout, output(reports, { json, csv, picture }));
}

async function compare({ model, json }: Flags, io: Io): Promise<void> {
  const { measuredOn, peaks } = readMeasuredPeaks();
  const measured = new Set([...DEFAULT_MODELS, ...peaks.map((peak) => peak.model)]);
  const comparisons: Comparison[] = [];
  for (const name of expanded(model ?? [...measured])) {
    await pause(io);
    const { dims } = await modelOf(name, 'f16');
    comparisons.push(compareModel(name, dims, peaks));
  }
  await writeText(io.stdout, json ? compareJson(comparisons, measuredOn) : compareText(comparisons, measuredOn));
}

/** `all` as the published names. */
function expanded(models: readonly string[]): string[] {
  return models.flatMap((name) => (name === 'all' ? Object.keys(PUBLISHED_DIMS) : [name]));
}

/** A plan blocks the event loop: before one is the time for Ctrl-C. */
async function pause(io: Io): Promise<void> {
  await setImmediate();
  io.signal.throwIfAborted();
}

async function save(path: string, text: string, io: Io): Promise<void> {
  await writeText(path, text);
  say(io, `${path} written`);
}

/** What goes to stdout. */
function output(
  reports: readonly PlanReport[],
  { json, csv, picture }: Pick<Flags, 'json' | 'csv' | 'picture'>,
): string {
  const [first] = reports as [PlanReport];
  if (json) return planJson(reports);
  if (csv) return formatCsv(planPicture(first, 'arena').problem);
  if (reports.length > 1) return planTable(reports);
  if (!picture) return planText(first);
  const { problem, packing, phases, kinds } = planPicture(first, 'arena');
  return `${planText(first)}\n${drawText(problem, packing, { phases, kinds })}`;
}

/** Dimensions by name or from a file, and the formats of weights: as given, else f16, or those of the file. */
async function modelOf(
  model: string,
  weights: WeightPrecision | undefined,
): Promise<WeightChoice & { readonly dims: ModelDimensions }> {
  const dims = PUBLISHED_DIMS[model];
  if (dims) return { dims, weights: weights ?? 'f16', weightRules: [] };
  const opened = await openModel(findModel(model));
  await opened.file.close();
  return { dims: opened.dims, ...weightChoice(opened, { weights }) };
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a whole number from 1.');
}
