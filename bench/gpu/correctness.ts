// Does this adapter compute what it should? Every kernel against its CPU twin, and a clip of speech against its words.

import { fileURLToPath } from 'node:url';
import { checkKernel } from '../../src/gpu/check_kernel.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { Whisper } from '../../src/index.ts';
import * as ops from '../../src/ops/index.ts';
import { admissible, caseTypes, type Op } from '../../src/ops/op.ts';
import { wordErrorRate } from '../../src/text/wer.ts';
import { SPOKEN, words } from '../process/clip.ts';
import type { Devices } from './devices.ts';
import type { Measured, Part, Task } from './schedule.ts';

const CLIP = fileURLToPath(new URL('../../samples/jfk.flac', import.meta.url));

/** The transcription comes first: it is short, and says most. */
export function correctness(devices: Devices, seconds: number): Part {
  const kernels = (Object.values(ops) as readonly Op[]).map((op): Task => {
    return { name: op.name, run: (signal) => checkOp(devices, op, signal) };
  });
  return {
    title: 'Correctness',
    seconds,
    columns: ['kernels', 'cases', 'worst error, % of tolerance', 'seconds'],
    notes: [
      'The bundled int8 tiny.en hears the sample; then every case of every op by all kernels that this adapter admits, against the CPU ' +
        'twin, with bounds checks and guard bytes.',
    ],
    tasks: [{ name: 'tiny.en int8 hears jfk.flac', run: transcribe }, ...kernels],
  };
}

async function transcribe(signal: AbortSignal): Promise<Measured> {
  await using whisper = await Whisper.load('tiny.en', { signal });
  const { text, elapsed, memory } = await whisper.transcribe(CLIP, { temperature: 0, signal });
  const { wer } = wordErrorRate(SPOKEN, words(text));
  const wrong = wer === 0 ? undefined : `expected "${SPOKEN}", got "${text.trim()}", word error rate ${wer.toFixed(3)}`;
  const bytes = `${memory.plannedBytes} bytes planned, ${memory.createdBytes} created`;
  return { cells: { seconds: elapsed }, lines: [`"${text.trim()}" (${bytes})`], wrong };
}

async function checkOp(devices: Devices, op: Op, signal: AbortSignal): Promise<Measured> {
  const began = performance.now();
  const gpu = await devices.checked();
  const pipelines = new PipelineCache(gpu);
  const kernels = new Set<string>();
  const faults: string[] = [];
  let cases = 0;
  let worst = 0;
  for (const given of op.cases) {
    const attrs = given.attrs ?? {};
    for (const variant of admissible(op, caseTypes(op, given), attrs, gpu.caps)) {
      signal.throwIfAborted();
      const report = await checkKernel(gpu, pipelines, op, given, variant);
      kernels.add(report.kernel);
      faults.push(...report.faults.map((fault) => `${report.kernel}, ${given.name}: ${fault}`));
      worst = Math.max(worst, report.worst);
      cases += 1;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const cells = { kernels: [...kernels].join(' '), cases, 'worst error, % of tolerance': 100 * worst, seconds };
  return { cells, wrong: faults.length > 0 ? faults.join('; ') : undefined };
}
