// `npm run bench -- steady [--minutes 60] [--model folder] [--save]`: whether cost stays flat. One long audio in one call, window by window:
// milliseconds of every phase, bytes on the GPU, garbage on the host; and tokens early and late in a window. Greedy, one process.

import { parseArgs } from 'node:util';
import { OptionError } from '../src/errors.ts';
import { loadEngine } from '../src/whisper/load_engine.ts';
import { commandOf, printHeader } from './header.ts';
import { shortClip } from './process/clip.ts';
import { commit, machine } from './process/machine.ts';
import { resultsStem, writeReport } from './report/files.ts';
import { timePlaces, transcribeLong, warmUp } from './steady/measure.ts';
import { formatReport, formatTables } from './steady/report.ts';
import type { Results } from './steady/results.ts';
import { timeSteps } from './steady/steps.ts';

export async function main(args: string[]): Promise<void> {
  const { model, minutes, save } = readArguments(args);
  const command = commandOf('steady', args);
  const clip = await shortClip();
  await using loaded = await loadEngine(model, {});
  const { name: adapter, kind } = loaded.gpu;
  printHeader(command, adapter);
  await warmUp(loaded, clip);
  const takeSteps = timeSteps(loaded.engine);
  const results: Results = {
    ...{ command, adapter, machine: machine(), commit: commit(), model, minutes },
    run: await transcribeLong(loaded, clip, minutes, takeSteps),
    places: await timePlaces(loaded, clip, takeSteps),
  };
  console.log(formatTables(results));
  if (!save) return;
  const stem = resultsStem('steady', adapter, kind);
  writeReport(stem, results, formatReport(results));
  console.log(`# written: ${stem}.json, .md`);
}

interface Arguments {
  readonly model: string;
  readonly minutes: number;
  readonly save: boolean;
}

function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string' }, model: { type: 'string' }, save: { type: 'boolean' } },
  });
  const minutes = Number(values.minutes ?? 60);
  if (!(minutes >= 2 && minutes < Number.POSITIVE_INFINITY)) {
    throw new OptionError(
      `bench steady: expected --minutes from 2 on because begin and end are compared, got ${values.minutes}`,
    );
  }
  return { model: values.model ?? 'tiny.en', minutes, save: values.save ?? false };
}
