// The process that measures this package.

import { readFileSync } from 'node:fs';
import { type LoadOptions, type TranscribeResult, Whisper } from '../../src/index.ts';
import { drive } from './drive.ts';
import type { Stages } from './subject.ts';

const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  name: string;
  version: string;
};

await drive(async ({ path, suite, options }) => {
  const whisper = await Whisper.load(path, options as LoadOptions);
  const { weightBytes, plannedBytes } = whisper.memory;
  let last: TranscribeResult | undefined;
  return {
    version: `${name} ${version}`,
    weightBytes,
    plannedBytes,
    transcribe: async (samples) => {
      last = await whisper.transcribe(samples, {
        ...{ language: 'en', temperature: 0, conditionOnPreviousText: false },
        withoutTimestamps: suite === 'speed',
      });
      return last.text;
    },
    stages: async () => last && stagesOf(last),
    dispose: () => whisper.dispose(),
  };
});

/** The phase `sample` gives the first token after the prompt, `step` the others, of which a few may be computed past the end. */
function stagesOf({ timings, windows }: TranscribeResult): Stages {
  const { encode = 0, cross = 0, step = 0 } = timings;
  const { tokens } = windows.at(-1)!.attempts.at(-1)!;
  return { encode: (encode + cross) / 1000, decode: step / 1000, tokens: tokens.length };
}
