// `whisper-wgsl plan`: the GPU memory of a model, to the byte, without weights or a GPU.

import { Command, Option } from 'commander';
import { planMemory } from '../allocator/plan.ts';
import { openModel } from '../formats/detect.ts';
import { type BufferUse, compile } from '../graph/program.ts';
import type { Caps } from '../ops/op.ts';
import { type ModelDimensions, PUBLISHED_DIMS } from '../whisper/dims.ts';
import type { WeightPrecision } from '../whisper/graph_options.ts';
import { whisperGraph } from '../whisper/model.ts';
import { findModel } from '../whisper/model_folder.ts';
import type { Io } from './io.ts';

interface Flags {
  readonly model: string;
  readonly weights: WeightPrecision;
}

/** A device as WebGPU guarantees it, but for the size of buffers, which every driver raises. */
const CAPS: Caps = { cpu: false, subgroups: false, subgroupSize: 0, maxInvocations: 256, maxWorkgroupStorage: 16384 };
const LIMITS = { maxBufferSize: 2 ** 32 - 4 };

export function planCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('plan')
    .description('Print the GPU memory a model takes, phase by phase, without weights or a GPU.')
    .option('--model <name>', `one of ${Object.keys(PUBLISHED_DIMS).join(', ')}, or a model folder or file`, 'tiny.en')
    .addOption(new Option('--weights <format>', 'how weights are kept').choices(['f32', 'f16', 'int8']).default('f16'))
    .action(async (flags: Flags) => {
      io.stdout.write(report(flags, await dimsOf(flags.model)));
      exit(0);
    });
}

async function dimsOf(model: string): Promise<ModelDimensions> {
  const published = PUBLISHED_DIMS[model];
  if (published) return published;
  const opened = await openModel(findModel(model));
  await opened.file.close();
  return opened.dims;
}

function report({ model, weights }: Flags, dims: ModelDimensions): string {
  const graph = whisperGraph(dims, { weights });
  const plan = planMemory(graph, LIMITS);
  const { buffers } = compile(graph, plan, CAPS);
  const sum = (...uses: readonly BufferUse[]) =>
    buffers.filter((b) => uses.includes(b.use)).reduce((total, b) => total + b.bytes, 0);
  const total = buffers.reduce((bytes, b) => bytes + b.bytes, 0);
  const row = (name: string, bytes: number, note = '') =>
    `  ${name.padEnd(24)} ${(bytes / 1e6).toFixed(3).padStart(10)} ${note}`.trimEnd();
  const ratio = (plan.arenaBytes / plan.lowerBound).toFixed(4);
  return `${[
    `${model}, weights ${weights}, caches f16, 1 sequence of ${dims.n_text_ctx} tokens: MB (1e6 bytes) of GPU buffers`,
    row('weights', plan.weightBytes),
    row(
      'arena',
      plan.arenaBytes,
      `${ratio} x the lower bound; ${(plan.naiveBytes / 1e6).toFixed(1)} if nothing were reused`,
    ),
    row('uniforms', sum('uniforms')),
    row('upload and read-back', sum('upload', 'readback')),
    row('total', total),
    row('beside the weights', total - plan.weightBytes),
    'live at once in the arena, by phase',
    ...Object.entries(plan.phasePeaks).map(([phase, bytes]) => row(phase, bytes)),
  ].join('\n')}\n`;
}
