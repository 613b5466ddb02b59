// `whisper-wgsl convert`: any model the package reads into its own format; and what formats cost in accuracy, measured.

import { Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { type ConvertOptions, convertModel } from '../whisper/convert.ts';
import { findModel } from '../whisper/model_folder.ts';
import { reportWeights } from '../whisper/report.ts';
import { DEFAULT_MIXTURES, type Mixture, makeMixture, parseMixture } from '../whisper/report_mixtures.ts';
import { parseWeightRule, type WeightRule } from '../whisper/weight_rules.ts';
import { weightsJson, weightsTable } from './convert_report.ts';
import { type Io, megabytes, say } from './io.ts';
import { readTranscript } from './transcript_file.ts';

interface Flags {
  readonly weights?: ConvertOptions['weights'];
  readonly rule?: readonly WeightRule[];
  readonly output?: string;
  readonly report?: readonly string[];
  readonly mixture?: readonly Mixture[];
  readonly reference?: readonly string[];
  readonly json?: boolean;
}

/** What --weights is where it is not given. */
const WEIGHTS = 'int8';

export function convertCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('convert')
    .description(
      'Write a model in our own format, quantised in blocks of 32; or measure what formats cost in accuracy.',
    )
    .argument('<model>', 'folder or file: Hugging Face, whisper.cpp, CTranslate2, openai .pt, ours')
    .addOption(
      new Option('--weights <format>', `of the matrices (default: ${WEIGHTS})`).choices([
        'f16',
        'int8',
        'int6',
        'int4',
      ]),
    )
    .option(
      '--rule <name=format>',
      'of matrices by their openai name, * for anything: decoder.token_embedding.weight=int8; repeatable, the first that matches wins',
      (text: string, rules: readonly WeightRule[] = []) => [...rules, parseWeightRule(text)],
    )
    .option('-o, --output <folder>', 'folder to write')
    .option('--report <audio...>', 'print how far mixtures of formats are from the model as it is, on these clips')
    .option(
      '--mixture <formats>',
      `a mixture to report on: ${DEFAULT_MIXTURES.at(-1)!.name}; repeatable. Default: that of --weights and --rule, or several`,
      (text: string, mixtures: readonly Mixture[] = []) => [...mixtures, parseMixture(text)],
    )
    .option('--reference <file...>', 'what each clip of --report says: text, .json, .srt or .vtt')
    .option('--json', 'print the report as JSON')
    .action(async (model: string, flags: Flags) => {
      checkFlags(flags);
      const { weights = WEIGHTS, rule, output, report } = flags;
      if (report !== undefined) io.stdout.write(await measure(model, report, flags, io));
      if (output !== undefined) {
        const options = { weights, weightRules: rule, signal: io.signal };
        const { tensors, bytes } = await convertModel(findModel(model), output, options);
        say(io, `${output}: ${tensors} tensors, ${megabytes(bytes)}`);
      }
      exit(0);
    });
}

function checkFlags({ output, report, ...others }: Flags): void {
  if (output === undefined && report === undefined) {
    throw new OptionError('convert: expected --output because there is something to write, or --report, got neither');
  }
  const needing = (['mixture', 'reference', 'json'] as const).find((name) => others[name] !== undefined);
  if (report === undefined && needing)
    throw new OptionError(`convert: expected --report beside --${needing}, got none`);
}

/** The table or JSON; what is being measured goes to stderr. */
async function measure(model: string, clips: readonly string[], flags: Flags, io: Io): Promise<string> {
  const transcripts: string[] = [];
  for (const path of flags.reference ?? []) transcripts.push((await readTranscript(path, io)).text);
  const report = await reportWeights(model, clips, {
    mixtures: mixturesOf(flags),
    ...(flags.reference && { transcripts }),
    signal: io.signal,
    onMixture: (name) => say(io, `${name} ...`),
  });
  return flags.json ? weightsJson(model, clips, report) : weightsTable(model, clips.length, report);
}

/** What is written, or asked for by --weights and --rule, and all of --mixture. */
function mixturesOf({ weights, rule, output, mixture = [] }: Flags): readonly Mixture[] {
  const one = weights !== undefined || rule !== undefined || output !== undefined;
  if (!one) return mixture.length > 0 ? mixture : DEFAULT_MIXTURES;
  const own = makeMixture(weights ?? WEIGHTS, rule);
  return [own, ...mixture.filter(({ name }) => name !== own.name)];
}
