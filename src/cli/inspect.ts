// `whisper-wgsl inspect`: what a model's files hold, and what the engine would make of it. Needs no GPU.

import { Command } from 'commander';
import { openModel } from '../formats/detect.ts';
import { DIMENSION_NAMES } from '../formats/dims.ts';
import { findModel } from '../whisper/model_folder.ts';
import { type Inspection, inspectModel } from './inspect_report.ts';
import { type Io, megabytes } from './io.ts';

interface Flags {
  readonly json?: boolean;
  readonly tensors?: boolean;
}

export function inspectCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('inspect')
    .description("Say what is in a model's files, and the GPU memory it would take. Needs no GPU.")
    .argument('<model>', 'folder or file, or the name of one that is installed')
    .option('--tensors', 'list every tensor, too')
    .option('--json', 'print JSON')
    .action(async (name: string, flags: Flags) => {
      const model = await openModel(findModel(name));
      try {
        const found = await inspectModel(model, io.signal);
        io.stdout.write(flags.json ? inspectJson(name, found, flags) : inspectText(name, found, flags));
      } finally {
        await model.file.close();
      }
      exit(0);
    });
}

function inspectText(name: string, found: Inspection, { tensors }: Flags): string {
  const { format, files, dims, published, languages, parameters, alignmentHeads, choice, gpu } = found;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const spoken = found.multilingual ? `${languages.length}: ${languages.join(' ')}` : 'English only';
  const named = DIMENSION_NAMES.map((dimension) => `${dimension} ${dims[dimension]}`);
  const heads = alignmentHeads.map(({ layer, head }) => `${layer}.${head}`);
  const other = choice.weightRules.length > 0 ? ' and others' : '';
  return `${[
    `${name}: ${format}, ${files.length === 1 ? '1 file' : `${files.length} files`}, ${megabytes(bytes)}`,
    field('dimensions', named.join(', ')),
    field('those of', published.join(', ') || 'no published model'),
    field('languages', spoken),
    field('tokenizer', found.tokenizer ?? 'none: the engine needs a tokenizer.json beside the model'),
    field('parameters', `${parameters}`),
    field('word times', `by heads ${heads.join(' ')} (layer.head)`),
    row('in the file', ['format', 'tensors', 'parameters', 'MB']),
    ...found.groups.map(({ group, format: stored, tensors: count, parameters: numbers, bytes: size }) =>
      row(`  ${group}`, [stored, `${count}`, `${numbers}`, mb(size)]),
    ),
    row(`on the GPU (${choice.weights}${other})`, ['weights MB', 'arena MB', 'total MB']),
    ...gpu.map(({ mode, weights, arena, total }) => row(`  ${mode}`, [mb(weights), mb(arena), mb(total)])),
    ...(tensors ? tensorLines(found) : []),
  ].join('\n')}\n`;
}

function tensorLines({ tensors }: Inspection): string[] {
  const width = Math.max(...tensors.map(({ name }) => name.length));
  return tensors.map(
    ({ name, format, shape, bytes }) =>
      `${name.padEnd(width)} ${format.padEnd(8)} [${shape.join(', ')}] ${bytes} bytes`,
  );
}

/** Everything under stable names; tensors where they were asked for. */
function inspectJson(name: string, found: Inspection, { tensors }: Flags): string {
  const { format, files, dims, published, multilingual, languages, tokenizer, parameters, groups, choice, gpu } = found;
  return `${JSON.stringify(
    {
      model: name,
      format,
      files,
      dims,
      published,
      multilingual,
      languages,
      tokenizer: tokenizer ?? null,
      parameters,
      groups,
      alignment_heads: found.alignmentHeads.map(({ layer, head }) => [layer, head]),
      gpu: {
        weights: choice.weights,
        weight_rules: choice.weightRules,
        bytes: Object.fromEntries(gpu.map(({ mode, ...bytes }) => [mode, bytes])),
      },
      ...(tensors && { tensors: found.tensors }),
    },
    undefined,
    2,
  )}\n`;
}

function field(name: string, value: string): string {
  return `${name.padEnd(12)} ${value}`;
}

function row(name: string, cells: readonly string[]): string {
  return `${name.padEnd(24)}${cells.map((cell) => cell.padStart(12)).join('')}`;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(3);
}
