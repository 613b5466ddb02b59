// Whole models with weights that are made up: a window's encoding, a prompt and tokens by the wall clock, and the bytes beside the plan.

import { DeviceError, MemoryError } from '../../src/errors.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { type Choices, chooserOf } from '../../src/gpu/tune_store.ts';
import type { DecodingRules } from '../../src/ops/decoding_tables.ts';
import { WhisperEngine } from '../../src/whisper/engine.ts';
import { freeTiles } from '../../src/whisper/free_tiles.ts';
import { graphOptions, type Mode } from '../../src/whisper/graph_options.ts';
import { windowFrames, windowSamples } from '../../src/whisper/model.ts';
import { PageTable } from '../../src/whisper/sequences.ts';
import type { Devices } from './devices.ts';
import type { Measured, Part, Task } from './schedule.ts';
import type { Shapes } from './shapes.ts';
import { type SyntheticFormat, syntheticModel } from './synthetic_model.ts';
import { TUNED, type TunedChoices } from './tuning.ts';

/** What is loaded, and for how many windows together. */
interface Subject {
  readonly model: string;
  readonly weights: SyntheticFormat;
  readonly mode: Mode;
  readonly audios: number;
  /** With the kernels that were found fastest here. */
  readonly tuned?: Choices | undefined;
}

/** As many tokens as a prompt has: start, language, task, no timestamps. */
const PROMPT = [0, 1, 2, 3];

/** Text without timestamps, greedily. The end is suppressed as well, so that no sequence stops. */
const RULES: DecodingRules = {
  eot: 50257,
  timestampBegin: 50364,
  noTimestamps: 50363,
  blank: 220,
  withTimestamps: false,
  suppressBlank: false,
  temperature: 0,
  seed: 0,
};

const MEANINGLESS =
  'Weights are seeded random numbers of a sane scale: the tokens mean nothing, the times and bytes are those of a model of that size.';

export function modelTimes(devices: Devices, shapes: Shapes, chosen: TunedChoices, seconds: number): Part {
  const largest = Object.keys(shapes.models)[0]!;
  const tuned = TUNED.map((weights): Task => {
    const subject = { model: largest, weights, mode: 'resident', audios: 1 } as const;
    const run: Task['run'] = async (signal) => {
      const choices = chosen.get(weights);
      if (!choices) return { cells: {}, missed: 'nothing was tuned' };
      return measure(await devices.plain(), shapes, { ...subject, tuned: choices }, signal);
    };
    return { name: `${largest} ${weights} resident, tuned`, run };
  });
  const subjects = (['resident', 'absorbed'] as const).flatMap((mode) =>
    (['int4', 'int8', 'f16'] as const).flatMap((weights) =>
      Object.keys(shapes.models).map((model): Subject => ({ model, weights, mode, audios: 1 })),
    ),
  );
  return {
    title: 'Whole models, one window',
    seconds,
    columns: ['encode s', 'prefill s', 's a token', 'load s', 'bytes planned', 'bytes created'],
    notes: [
      MEANINGLESS,
      `Encode: 30 s of sound from log-mel to what the decoder attends to. Prefill: ${PROMPT.length} tokens. A token: the mean of ` +
        `${shapes.tokens} in one submit. The least of ${shapes.repeats} after a first that does not count.`,
    ],
    tasks: [...tuned, ...subjects.map((subject) => task(devices, shapes, subject))],
  };
}

export function streamedTimes(devices: Devices, shapes: Shapes, seconds: number): Part {
  const [model] = Object.keys(shapes.models);
  const subjects = shapes.batches.map(
    (audios): Subject => ({ model: model!, weights: 'int4', mode: 'streamed', audios }),
  );
  return {
    title: `${model} streamed, int4, windows decoded together`,
    seconds,
    columns: ['encode s', 'prefill s', 's a step', 'tokens/s', 'load s', 'bytes planned', 'bytes created'],
    notes: [
      MEANINGLESS,
      'Every step uploads every decoder layer. Encode and prefill are of one window, each window being encoded; a step gives every window a token.',
    ],
    tasks: subjects.map((subject) => task(devices, shapes, subject)),
  };
}

function task(devices: Devices, shapes: Shapes, subject: Subject): Task {
  const { model, weights, mode, audios } = subject;
  const together = audios > 1 || mode === 'streamed' ? `, batch ${audios}` : '';
  return {
    name: `${model} ${weights} ${mode}${together}`,
    run: async (signal) => measure(await devices.plain(), shapes, subject, signal),
  };
}

async function measure(gpu: Gpu, shapes: Shapes, subject: Subject, signal: AbortSignal): Promise<Measured> {
  const { weights, mode, audios, tuned } = subject;
  const dims = shapes.models[subject.model]!;
  const before = gpu.memory.live;
  const began = performance.now();
  const options = freeTiles(dims, graphOptions(dims, { mode, weights, audios, batch: audios }));
  const choose = tuned && chooserOf(tuned).choose;
  const file = syntheticModel(dims, weights);
  const engine = await WhisperEngine.load(gpu, file, { ...options, choose, signal }).catch(tooLarge);
  if (typeof engine === 'string') return { cells: {}, missed: `does not fit here: ${engine}` };
  try {
    const load = (performance.now() - began) / 1000;
    const planned = engine.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
    const times = await decode(engine, shapes, signal);
    const created = gpu.memory.live - before;
    const cells = { ...times, 'load s': load, 'bytes planned': planned, 'bytes created': created };
    const wrong = planned === created ? undefined : `expected the ${planned} bytes planned, got ${created} created`;
    return { cells, wrong };
  } finally {
    await engine.dispose();
  }
}

/** What a device says for which a model is too large; other errors are thrown on. */
function tooLarge(error: unknown): string {
  if (error instanceof MemoryError || (error instanceof DeviceError && error.message.startsWith('createBuffer'))) {
    return error.message;
  }
  throw error;
}

/** Seconds of each stage, the least of several. */
async function decode(engine: WhisperEngine, shapes: Shapes, signal: AbortSignal): Promise<Measured['cells']> {
  const { dims, options } = engine;
  const { audios } = options;
  const streamed = options.mode === 'streamed';
  // Uploads take the time of a streamed model, and a second pass is as slow as the first.
  const repeats = streamed ? 1 : shapes.repeats;
  const frames = windowFrames(dims);
  await engine.resetMel();
  const samples = Float32Array.from({ length: windowSamples(dims) }, (_, i) => 0.3 * Math.sin(i * (0.05 + i * 2e-6)));
  await engine.mel(samples, signal);
  let slot = 0;
  const encode = await least(Math.max(repeats, audios), async () => {
    await engine.mel(samples, signal); // its bytes may serve others after a window
    return () => engine.encode(frames, signal, slot++ % audios);
  });
  await engine.begin(RULES, [RULES.eot]);
  if (audios > 1) await engine.writePages(new PageTable(audios, options.textContext));
  let sequence = 0;
  const prefill = await least(Math.max(repeats, audios), async () => {
    return () => engine.prefill(PROMPT, 0, signal, sequence++ % audios);
  });
  await engine.sampleEach(new Array(audios).fill(PROMPT.length - 1));
  const count = streamed ? Math.min(4, shapes.tokens) : shapes.tokens;
  let sampled = 1;
  const tokens = await least(repeats, async () => async () => {
    const picked = (await engine.step(sampled, count, audios, { signal })).flat();
    const odd = picked.find(({ logprob }) => !Number.isFinite(logprob));
    if (odd) throw new DeviceError(`bench gpu: expected finite log probabilities, got ${odd.logprob} of ${odd.token}`);
    sampled += count;
  });
  const step = tokens / count;
  const decoded: Measured['cells'] = streamed ? { 's a step': step, 'tokens/s': audios / step } : { 's a token': step };
  return { 'encode s': encode, 'prefill s': prefill, ...decoded };
}

/** Least seconds of what `prepare` makes ready, tried so often after a first that does not count. */
async function least(times: number, prepare: () => Promise<() => Promise<unknown>>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= times; i++) {
    const run = await prepare();
    const began = performance.now();
    await run();
    if (i > 0) best = Math.min(best, (performance.now() - began) / 1000);
  }
  return best;
}
