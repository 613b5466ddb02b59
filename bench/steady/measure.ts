// Runs what is measured: a long audio in one call, and windows decoded to the end of the context.
//
// The public result has its timings over a whole call, so this goes through the engine below `Whisper`, along the same path: its timings
// are read whenever a window is done, and the window's own are the difference.

import { openAudio } from '../../src/audio/index.ts';
import { DeviceError } from '../../src/errors.ts';
import type { LoadedEngine } from '../../src/whisper/load_engine.ts';
import { resolveOptions, type TranscribeOptions } from '../../src/whisper/options.ts';
import { soleSession } from '../../src/whisper/session.ts';
import { decodeSingleWindow } from '../../src/whisper/single_window.ts';
import { transcribeAudio } from '../../src/whisper/transcribe.ts';
import { quantile } from '../report/spread.ts';
import { repeatClip } from './audio.ts';
import {
  costNear,
  type Ends,
  type Mark,
  type PlaceCost,
  steadyBytes,
  type WindowCost,
  windowCosts,
} from './figures.ts';
import { type HostRun, watchHost } from './host.ts';
import type { Step } from './steps.ts';

const GREEDY: TranscribeOptions = { language: 'en', temperature: 0 };

/** Tokens of a window that are compared, early and late; steps around them in each decoding, and decodings. */
const PLACES = [10, 400] as const;
const NEAREST = 3;
const REPEATS = 5;

export interface StepTimes {
  readonly count: number;
  /** Milliseconds: the median, one in a hundred, the longest. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LongRun {
  /** Milliseconds of the whole call, and of its pass over the audio for the loudest value before the first window. */
  readonly ms: number;
  readonly listening: number;
  readonly windows: readonly WindowCost[];
  readonly gpuBytes: Ends<number>;
  readonly host: HostRun;
  readonly steps: StepTimes;
}

/** @throws MemoryError when GPU memory changed in between, or is not what was planned. */
export async function transcribeLong(
  { engine, gpu, tokenizer }: LoadedEngine,
  clip: Float32Array,
  minutes: number,
  takeSteps: () => Step[],
): Promise<LongRun> {
  await using source = await openAudio(repeatClip(clip, minutes));
  const marks: Mark[] = [];
  const mark = (audio: number) => {
    const { live: bytes, made } = gpu.memory;
    marks.push({ audio, at: performance.now(), phases: engine.timings, bytes, made });
  };
  const options = { ...GREEDY, onProgress: ({ seconds }: { readonly seconds: number }) => mark(seconds) };
  const session = soleSession(engine, source);
  const listen = () => session.listen().then(() => mark(0));
  takeSteps();
  engine.resetTimings();
  const stopWatch = watchHost();
  const began = performance.now();
  const resolved = resolveOptions(options, tokenizer, engine.options);
  const { windows } = await transcribeAudio({ ...session, listen }, tokenizer, source, resolved);
  const ms = performance.now() - began;
  const host = stopWatch();
  gpu.check();
  const planned = engine.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...{ ms, host, listening: marks[0]!.at - began, gpuBytes: steadyBytes(marks, planned) },
    windows: windowCosts(
      marks,
      windows.map(({ attempts }) => attempts.at(-1)!.tokens.length),
    ),
    steps: stepTimes(takeSteps()),
  };
}

function stepTimes(steps: readonly Step[]): StepTimes {
  const times = steps.map(({ ms }) => ms);
  return {
    count: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: quantile(times, 1),
  };
}

/**
 * Decodes one window several times up to the end of the decoder's context, its end being suppressed: so early and late tokens are timed in
 * turns, in the same call, and attend to the same window.
 */
export async function timePlaces(
  { engine, tokenizer }: LoadedEngine,
  clip: Float32Array,
  takeSteps: () => Step[],
): Promise<Ends<PlaceCost>> {
  await using source = await openAudio(clip);
  const endless: TranscribeOptions = {
    ...GREEDY,
    ...{ withoutTimestamps: true, suppressTokens: [-1, tokenizer.eot], sampleLength: engine.options.textContext },
  };
  const options = resolveOptions(endless, tokenizer, engine.options);
  const decodings: Step[][] = [];
  takeSteps();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { tokens } = await decodeSingleWindow(engine, tokenizer, source, options);
    if (tokens.length <= PLACES[1]) {
      throw new DeviceError(`bench steady: expected more than ${PLACES[1]} tokens in a window, got ${tokens.length}`);
    }
    decodings.push(takeSteps());
  }
  const [early, late] = PLACES;
  return { first: costNear(decodings, early, NEAREST), last: costNear(decodings, late, NEAREST) };
}

/** Drivers compile on first use. */
export async function warmUp({ engine, tokenizer }: LoadedEngine, clip: Float32Array): Promise<void> {
  await using source = await openAudio(clip);
  const options = resolveOptions(GREEDY, tokenizer, engine.options);
  await transcribeAudio(soleSession(engine, source), tokenizer, source, options);
}
