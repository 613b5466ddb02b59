// The process that measures this package.

import { readFileSync } from 'node:fs';
import { type LoadOptions, Whisper } from '../../src/index.ts';
import { measure, readJob } from './measure.ts';

const job = readJob();
const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  name: string;
  version: string;
};

await measure(job, async () => {
  const whisper = await Whisper.load(job.path, job.options as LoadOptions);
  const { weightBytes, plannedBytes } = whisper.memory;
  return {
    version: `${name} ${version}`,
    weightBytes,
    plannedBytes,
    transcribe: async (samples) => {
      const options = { language: 'en', temperature: 0, conditionOnPreviousText: false } as const;
      return (await whisper.transcribe(samples, options)).text;
    },
    dispose: () => whisper.dispose(),
  };
});
