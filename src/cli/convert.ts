// `whisper-wgsl convert`: any model the package reads into its own format.

import { Command, Option } from 'commander';
import { type ConvertOptions, convertModel } from '../whisper/convert.ts';
import { findModel } from '../whisper/model_folder.ts';
import { parseWeightRule, type WeightRule } from '../whisper/weight_rules.ts';
import { type Io, megabytes, say } from './io.ts';

interface Flags {
  readonly weights: ConvertOptions['weights'];
  readonly rule?: readonly WeightRule[];
  readonly output: string;
}

export function convertCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('convert')
    .description('Write a model in our own format, quantised in blocks of 32.')
    .argument('<model>', 'folder or file: Hugging Face, whisper.cpp, CTranslate2, openai .pt, ours')
    .addOption(
      new Option('--weights <format>', 'of the matrices').choices(['f16', 'int8', 'int6', 'int4']).default('int8'),
    )
    .option(
      '--rule <name=format>',
      'of matrices by their openai name, * for anything: decoder.token_embedding.weight=int8; repeatable, the first that matches wins',
      (text: string, rules: readonly WeightRule[] = []) => [...rules, parseWeightRule(text)],
    )
    .requiredOption('-o, --output <folder>', 'folder to write')
    .action(async (model: string, { weights, rule, output }: Flags) => {
      const { tensors, bytes } = await convertModel(findModel(model), output, {
        weights,
        weightRules: rule,
        signal: io.signal,
      });
      say(io, `${output}: ${tensors} tensors, ${megabytes(bytes)}`);
      exit(0);
    });
}
