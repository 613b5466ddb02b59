// Rung: pure. The validator has nothing to say of the planner's plans, and names every rule that a spoilt one breaks.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, type PlanRule, planMemory, validatePlan } from '../../src/allocator/index.ts';
import { heldMoments } from '../../src/allocator/validate_plan.ts';
import type { Tensor } from '../../src/graph/graph.ts';
import { separateLayout } from '../../src/graph/layouts.ts';
import { byteLength } from '../../src/ops/op.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { MODES } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';

const LARGE = { maxBufferSize: 2 ** 32 - 4 };
/** The other published models differ from these in their vocabularies only. */
const SIZES = [
  'tiny',
  'base',
  'small',
  'medium',
  'large-v3',
  'turbo',
  'distil-small.en',
  'distil-medium.en',
  'distil-large-v3',
];
const SMALL = { maxBufferSize: 24 * 2 ** 20 };

describe('[pure] validatePlan of whole models', () => {
  it.each(SIZES)('%s: every mode is without fault', (name) => {
    for (const mode of MODES) {
      const graph = whisperGraph(PUBLISHED_DIMS[name]!, { weights: 'int8', mode });
      expect(validatePlan(graph, planMemory(graph, LARGE), LARGE), mode).toEqual([]);
    }
  });

  it('beams, word times and small buffers are without fault, and so is no reuse at all', () => {
    for (const mode of MODES) {
      const alignment = [{ layer: 2, head: 1 }];
      const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, { weights: 'int8', mode, batch: 3, alignment });
      for (const limits of [LARGE, SMALL]) {
        expect(validatePlan(graph, planMemory(graph, limits), limits), mode).toEqual([]);
      }
      expect(validatePlan(graph, separateLayout(graph), LARGE), mode).toEqual([]);
    }
  });

  it('several audios are without fault', () => {
    for (const mode of ['absorbed', 'phased', 'streamed'] as const) {
      const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, { mode, audios: 4 });
      expect(validatePlan(graph, planMemory(graph, LARGE), LARGE), mode).toEqual([]);
    }
  });
});

// Weights that come and go, beams and word times: every kind of tensor.
const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, {
  weights: 'int8',
  mode: 'streamed',
  batch: 2,
  alignment: [{ layer: 2, head: 1 }],
});
const plan = planMemory(graph, LARGE);
const rules = (spoilt: Pick<Plan, 'buffers' | 'placements'>, limits = LARGE) =>
  validatePlan(graph, spoilt, limits).map(({ rule }) => rule);

/** What is live at the moment at which most is: there no byte of the buffer is free, so whatever moves meets a neighbour or the end. */
function crowd(use: 'arena' | 'weights'): Tensor[] {
  const own = [...heldMoments(graph)].filter(([{ kind }]) => (kind === 'weight') === (use === 'weights'));
  const at = (time: number) => own.filter(([, held]) => (held >> BigInt(time)) & 1n).map(([tensor]) => tensor);
  const bytes = (tensors: readonly Tensor[]) => tensors.reduce((sum, tensor) => sum + place(tensor), 0);
  const crowds = graph.nodes.map((_, time) => at(time));
  return crowds.reduce((most, one) => (bytes(one) > bytes(most) ? one : most));
}

const place = (tensor: Tensor) => Math.ceil(byteLength(tensor) / 256) * 256;
const crowds = { arena: crowd('arena'), weights: crowd('weights') };
const anyTensor = fc.oneof(...Object.values(crowds).map((tensors) => fc.constantFrom(...tensors)));

function moved(changes: Readonly<Record<string, Partial<Plan['placements'][string]>>>): Plan {
  const placements = { ...plan.placements };
  for (const [name, change] of Object.entries(changes)) placements[name] = { ...placements[name]!, ...change };
  return { ...plan, placements };
}

describe('[pure] validatePlan of a spoilt plan', () => {
  it('finds every tensor that moved', () => {
    const steps = fc.integer({ min: -300, max: 300 }).filter((step) => step !== 0);
    fc.assert(
      fc.property(anyTensor, steps, (tensor, step) => {
        const { offset } = plan.placements[tensor.name]!;
        const faults = validatePlan(graph, moved({ [tensor.name]: { offset: offset + 256 * step } }), LARGE);
        expect(faults.filter(({ who }) => !who.includes(tensor.name))).toEqual([]);
        expect(['overlap', 'bounds']).toContain(faults[0]?.rule);
      }),
      { numRuns: 25 },
    );
  });

  it('finds two tensors that changed places', () => {
    const pairs = fc
      .constantFrom(...Object.values(crowds))
      .chain((tensors) => fc.tuple(fc.constantFrom(...tensors), fc.constantFrom(...tensors)))
      .filter(([a, b]) => place(a) !== place(b));
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const spoilt = moved({ [a.name]: plan.placements[b.name]!, [b.name]: plan.placements[a.name]! });
        expect(['overlap', 'bounds']).toContain(rules(spoilt)[0]);
      }),
      { numRuns: 25 },
    );
  });

  it('finds a buffer that is too small, and one that is too large', () => {
    plan.buffers.forEach(({ label, bytes }, which) => {
      const buffers = plan.buffers.map((spec, i) => (i === which ? { ...spec, bytes: bytes - 256 } : spec));
      expect(new Set(rules({ ...plan, buffers }))).toEqual(new Set(['bounds']));
      const faults = validatePlan(graph, plan, { maxBufferSize: bytes - 4 });
      expect(faults).toContainEqual({
        rule: 'limit',
        who: [label],
        message: `${label} has ${bytes} bytes, above ${bytes - 4}`,
      });
    });
  });

  it.each<[PlanRule, Partial<Plan['placements'][string]>, string]>([
    ['place', { buffer: 7 }, 'rules lies in no buffer'],
    ['use', { buffer: 0 }, 'rules (input) lies in weights-0'],
    ['alignment', { offset: 128 }, 'rules lies at 128, no multiple of 256'],
    ['bounds', { offset: -256 }, `rules lies at [-256, -192) of the ${plan.arenaBytes} bytes of arena-1`],
  ])('names a wrong %s', (rule, change, message) => {
    expect(validatePlan(graph, moved({ rules: change }), LARGE)).toContainEqual({ rule, who: ['rules'], message });
  });

  it('names a tensor without a place', () => {
    const { mel: _, ...placements } = plan.placements;
    expect(rules({ ...plan, placements })).toEqual(['place']);
  });
});
