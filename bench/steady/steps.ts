// Milliseconds of every decode step, which no result tells: until the token is read on a software adapter, four of them on a GPU.

import type { WhisperEngine } from '../../src/whisper/engine.ts';

export interface Step {
  /** Tokens of the window picked before, and by this step. */
  readonly sampled: number;
  readonly count: number;
  readonly ms: number;
}

/** Puts a clock around this engine's steps for good. @returns the steps since the last call. */
export function timeSteps(engine: WhisperEngine): () => Step[] {
  const steps: Step[] = [];
  const step = engine.step.bind(engine);
  engine.step = async (sampled, count, sequences, options) => {
    const began = performance.now();
    const picked = await step(sampled, count, sequences, options);
    steps.push({ sampled, count, ms: performance.now() - began });
    return picked;
  };
  return () => steps.splice(0);
}
