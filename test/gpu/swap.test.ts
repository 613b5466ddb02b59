// Rung: pure. Which weights must be written before a leg of a phase, when they share bytes.

import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { WeightSwap } from '../../src/gpu/swap.ts';
import { compile } from '../../src/graph/program.ts';
import { PLAIN_CAPS, PLAIN_LIMITS } from '../../src/whisper/budget.ts';
import type { Mode } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { TINY_DIMS } from '../support/tiny_whisper.ts';

function swapOf(mode: Mode) {
  const graph = whisperGraph(TINY_DIMS, { mode, weights: 'int8' });
  const program = compile(graph, planMemory(graph, PLAIN_LIMITS), PLAIN_CAPS);
  return { program, swap: new WeightSwap(graph, program) };
}

describe('[pure] weight swap', () => {
  it('resident: one leg a phase, and nothing to write', () => {
    const { program, swap } = swapOf('resident');
    for (const [phase, dispatches] of Object.entries(program.phases)) {
      if (dispatches.length === 0) continue; // beams and words, which are not planned here
      expect(swap.legs(phase).map(({ weights }) => weights)).toEqual([[]]);
    }
  });

  it('phased: one leg a phase; the decoder puts the encoder out, and the other way round', () => {
    const { swap } = swapOf('phased');
    const [encode] = swap.legs('encode');
    const [step] = swap.legs('step');
    expect(swap.claim(encode!.weights)).toEqual(encode!.weights);
    expect(swap.claim(encode!.weights)).toEqual([]);
    expect(swap.claim(step!.weights)).toEqual(step!.weights);
    expect(swap.claim(step!.weights)).toEqual([]);
    expect(swap.claim(encode!.weights).length).toBeGreaterThan(0);
  });

  it('streamed: a leg a layer; the embedding stays while the decoder runs', () => {
    const { swap } = swapOf('streamed');
    const legs = swap.legs('step');
    expect(legs.length).toBe(2); // two layers; embedding and logits go with the first and the last
    const run = () => legs.map(({ weights }) => swap.claim(weights));
    run();
    const again = run().flat();
    expect(again).not.toContain('decoder.token_embedding.weight');
    expect(again.filter((name) => name.endsWith('mlp.0.weight')).length).toBe(2);
  });

  it('the dispatches of the legs are those of the phase, in order', () => {
    const { program, swap } = swapOf('streamed');
    for (const [phase, dispatches] of Object.entries(program.phases)) {
      expect(swap.legs(phase).flatMap((leg) => leg.dispatches)).toEqual(dispatches);
    }
  });

  it('after an upload that failed nothing counts as written', () => {
    const { swap } = swapOf('phased');
    const [step] = swap.legs('step');
    swap.claim(step!.weights);
    swap.forget();
    expect(swap.claim(step!.weights)).toEqual(step!.weights);
  });
});
