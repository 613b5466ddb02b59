// Milliseconds of every decode step, which no result tells: a step is a submit of several tokens, and the read-back of what was picked.

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
  engine.step = async (sampled, count, sequences, signal) => {
    const began = performance.now();
    const picked = await step(sampled, count, sequences, signal);
    steps.push({ sampled, count, ms: performance.now() - began });
    return picked;
  };
  return () => steps.splice(0);
}
