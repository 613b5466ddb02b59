// Several seek loops at once, of files or of a file's independent clips: windows are encoded one after another, and all that wait are decoded
// together, so that a step reads (and, where they are streamed, uploads) the decoder's weights once for all. Results are as of each alone.

import type { AudioSource } from '../audio/index.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { DecodedTokens, DecodingTask } from './decoding.ts';
import type { SampledToken, WhisperEngine } from './engine.ts';
import { detectLanguage } from './language.ts';
import { findLoudest, readWindow } from './mel.ts';
import { windowFrames } from './model.ts';
import { PageTable } from './sequences.ts';
import { profiled, type Session } from './session.ts';

interface Waiting {
  readonly slot: number;
  readonly task: DecodingTask;
  readonly resolve: (decoded: DecodedTokens) => void;
  readonly reject: (reason: unknown) => void;
}

/** Shares one engine among those who hold one of its slots: what each encodes is decoded with what the others encoded. */
export class Lockstep {
  readonly #engine: WhisperEngine;
  readonly #waiting: Waiting[] = [];
  readonly #free: number[];
  /** Who would like a slot, first come first served. */
  readonly #queue: ((slot: number) => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: WhisperEngine) {
    this.#engine = engine;
    this.#free = Array.from({ length: engine.options.audios }, (_, slot) => slot);
  }

  /** Runs `body` as soon as a slot is free, which it has until it ends. */
  async use<T>(body: (slot: number) => Promise<T>): Promise<T> {
    const slot = this.#free.shift() ?? (await new Promise<number>((resolve) => this.#queue.push(resolve)));
    try {
      return await body(slot);
    } finally {
      const next = this.#queue.shift();
      if (next) next(slot);
      else this.#free.push(slot);
      this.#decodeAll(); // nobody waits for this slot any longer
    }
  }

  /** A file, of which several slots may have a part each. */
  file(audio: AudioSource, signal?: AbortSignal): { session(slot: number): Session } {
    const engine = this.#engine;
    let highest: Uint8Array | undefined;
    const encode = async (seek: number, frames: number, slot: number) => {
      await engine.executor.write('mel_highest', highest!);
      await engine.mel(await readWindow(audio, seek, engine.dims), signal);
      await engine.encode(frames, signal, slot);
    };
    const session = (slot: number) =>
      profiled({
        engine,
        listen: () =>
          this.#alone(async () => {
            await findLoudest(engine, audio, signal);
            highest = await engine.executor.read('mel_highest');
          }),
        language: (tokenizer: Tokenizer) =>
          this.#alone(async () => {
            await encode(0, windowFrames(engine.dims), slot);
            return detectLanguage(engine, tokenizer, signal, slot);
          }),
        encode: (seek, frames) => this.#alone(() => encode(seek, frames, slot)),
        decode: (task) =>
          new Promise((resolve, reject) => {
            this.#waiting.push({ slot, task, resolve, reject });
            this.#decodeAll();
          }),
      });
    return { session };
  }

  /** One thing at a time on the engine. */
  #alone<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(body);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Once all who hold a slot wait: all tasks at the first one's temperature, which the rules on the device have. */
  #decodeAll(): void {
    const [first] = this.#waiting;
    if (!first || this.#waiting.length < this.#engine.options.audios - this.#free.length) return;
    const alike = ({ task }: Waiting) => task.rules.temperature === first.task.rules.temperature;
    const round = this.#waiting.filter(alike);
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter((w) => !alike(w)));
    this.#alone(() => decodeTogether(this.#engine, round)).then(
      (decoded) => {
        round.forEach(({ resolve }, i) => {
          resolve(decoded[i]!);
        });
      },
      (reason) => {
        for (const { reject } of round) reject(reason);
      },
    );
  }
}

/** Greedily, or a sample each: decodeWindow for sequences that listen to an audio each. The tasks differ in nothing but prompts. */
async function decodeTogether(engine: WhisperEngine, round: readonly Waiting[]): Promise<DecodedTokens[]> {
  const { batch, textContext } = engine.options;
  const { rules, suppressed, signal } = round[0]!.task;
  await engine.begin(rules, suppressed);
  await engine.writePages(new PageTable(batch, textContext));
  for (const { slot, task } of round) {
    await engine.prefill([...task.prompt.previous, task.prompt.sot[0]!], 0, signal, slot);
  }
  const noSpeech = await engine.noSpeechProbs();
  const positions: (number | undefined)[] = new Array(batch).fill(undefined);
  for (const { slot, task } of round) {
    const { previous, sot } = task.prompt;
    await engine.prefill(sot.slice(1), previous.length + 1, signal, slot);
    positions[slot] = previous.length + sot.length - 1;
  }
  const most = round.map(({ slot, task }) => Math.min(task.sampleLength, textContext - positions[slot]!));
  const picked = await pickEach(engine, round, positions, most, rules.eot, signal);
  return round.map(({ slot }, i) => {
    const own = picked[slot]!.slice(0, most[i]);
    const end = own.findIndex(({ token }) => token === rules.eot);
    const text = end < 0 ? own : own.slice(0, end);
    const scored = end < 0 ? own : own.slice(0, end + 1);
    return {
      tokens: text.map(({ token }) => token),
      logprobs: text.map(({ logprob }) => logprob),
      noSpeechProb: noSpeech[slot]!,
      avgLogprob: scored.reduce((sum, { logprob }) => sum + logprob, 0) / (text.length + 1),
    };
  });
}

/** Tokens of every slot, until each of the round has its end or as many as it may have. */
async function pickEach(
  engine: WhisperEngine,
  round: readonly Waiting[],
  positions: readonly (number | undefined)[],
  most: readonly number[],
  eot: number,
  signal: AbortSignal | undefined,
): Promise<readonly SampledToken[][]> {
  const { batch } = engine.options;
  const picked = await engine.sampleEach(positions).then((first) => first.map((tokens) => [...tokens]));
  const isDone = ({ slot }: Waiting, i: number) =>
    picked[slot]!.length >= most[i]! || picked[slot]!.some(({ token }) => token === eot);
  while (!round.every(isDone)) {
    signal?.throwIfAborted();
    const count = picked[0]!.length;
    const left = Math.max(...most) - count;
    const next = Math.min(engine.stride, left);
    const more = await engine.step(count, next, batch, { ahead: next < left, signal });
    picked.forEach((tokens, s) => {
      tokens.push(...more[s]!);
    });
  }
  return picked;
}
