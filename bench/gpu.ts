// `npm run bench -- gpu [--shapes tiny] [--out STEM]`: one command for a machine with a GPU that is at hand for minutes only. Is every
// kernel right there, how fast could it be, how fast are ops and whole models of every size. `--pack FOLDER` prepares the folder to carry.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OptionError } from '../src/errors.ts';
import { correctness } from './gpu/correctness.ts';
import { type Devices, shareDevices } from './gpu/devices.ts';
import { modelTimes, streamedTimes } from './gpu/model_times.ts';
import { pack } from './gpu/pack.ts';
import { formatCounts, formatReport, formatRow, type Results } from './gpu/report.ts';
import { type Measurements, rates, roofline } from './gpu/roofline.ts';
import { type Part, type PartResult, runParts } from './gpu/schedule.ts';
import { SHAPES, type Shapes } from './gpu/shapes.ts';
import { type TunedChoices, tuning } from './gpu/tuning.ts';
import { commandOf } from './header.ts';
import { commit, machine } from './process/machine.ts';
import { resultsStem, writeReport } from './report/files.ts';

/** Seconds of the parts' time boxes: 7.5 minutes in all. */
export const BOXES = { correctness: 110, rates: 20, roofline: 50, tuning: 50, models: 150, streamed: 70 } as const;
/** After the last box, for a driver that does not come back. */
const GRACE = 25;

export async function main(args: string[]): Promise<void> {
  const { out, shapes, folder } = readArguments(args);
  if (folder !== undefined) {
    const bytes = pack(folder);
    console.log(`${folder}: ${(bytes / 2 ** 20).toFixed(1)} MiB. On the other machine: sh run.sh`);
    return;
  }
  const results = await measure(commandOf('gpu', args), shapes, out);
  if (results.some(({ rows }) => rows.some(({ status }) => status === 'WRONG' || status === 'FAILED'))) process.exit(1);
}

export function gpuParts(devices: Devices, shapes: Shapes): Part[] {
  const measured: Measurements = {};
  const chosen: TunedChoices = new Map();
  return [
    correctness(devices, BOXES.correctness),
    rates(devices, measured, BOXES.rates),
    roofline(devices, shapes, measured, BOXES.roofline),
    tuning(devices, shapes, chosen, BOXES.tuning),
    modelTimes(devices, shapes, chosen, BOXES.models),
    streamedTimes(devices, shapes, BOXES.streamed),
  ];
}

async function measure(command: string, shapes: Shapes, out: string | undefined): Promise<readonly PartResult[]> {
  await using devices = shareDevices();
  const { name: adapter, kind } = await devices.plain();
  const header = { command, adapter, machine: machine(), commit: packedFrom() ?? commit(), shapes: shapes.name };
  const stem = out ?? resultsStem(shapes.name === 'tiny' ? 'gpu.tiny' : 'gpu', adapter, kind);
  console.log(
    `# ${command}\n# adapter: ${adapter}; ${header.machine}; commit ${header.commit}; results in ${stem}.{json,md}`,
  );
  const parts = gpuParts(devices, shapes);
  const began = performance.now();
  const now = () => (performance.now() - began) / 1000;
  const limit = Object.values(BOXES).reduce((sum, seconds) => sum + seconds, GRACE);
  const hung = setTimeout(() => {
    console.error(`bench gpu: the device did not come back within ${limit} s; ${stem} holds what was found before`);
    process.exit(1);
  }, limit * 1000);
  const results = await runParts(
    parts,
    {
      begins: ({ title, seconds, tasks }) => console.log(`\n## ${title}: ${tasks.length} tasks, ${seconds} s`),
      ended({ columns }, row, all) {
        console.log(formatRow(row, columns));
        const results: Results = { ...header, seconds: now(), parts: all };
        writeReport(stem, results, formatReport(results));
      },
      failed: () => devices.close(),
    },
    now,
  );
  clearTimeout(hung);
  console.log(`\n${formatCounts(results)} in ${now().toFixed(0)} s; results in ${stem}.json and .md`);
  return results;
}

/** The commit that a carried folder was made from; a checkout asks git. */
function packedFrom(): string | undefined {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly packedFrom?: string }).packedFrom;
}

interface Arguments {
  readonly out: string | undefined;
  readonly shapes: Shapes;
  /** To pack into. */
  readonly folder: string | undefined;
}

function readArguments(args: string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { out: text, shapes: text, pack: text } });
  const { out, shapes = 'published', pack: folder } = values;
  const make = shapes === 'tiny' || shapes === 'published' ? SHAPES[shapes] : undefined;
  if (make) return { out, shapes: make(), folder };
  throw new OptionError(`bench gpu: expected --shapes to be one of ${Object.keys(SHAPES).join(', ')}, got '${shapes}'`);
}
