import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { validatePlan } from '../../src/allocator/validate_plan.ts';
import { ANY_SIZE, imageWeights, rectangles } from '../../src/graph/images.ts';
import { PLAIN_LIMITS } from '../../src/whisper/budget.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { whisperGraph } from '../../src/whisper/model.ts';

describe('images', () => {
  it('a run of texels is cut where rows and layers end', () => {
    expect(rectangles(0, 16, 9)).toEqual([{ origin: [0, 0, 0], size: [1, 1], skipped: 0 }]);
    expect(rectangles(0, 2 * 16384, 9)).toEqual([{ origin: [0, 0, 0], size: [1024, 2], skipped: 0 }]);
    expect(rectangles(16384 - 32, 32 + 3 * 16384 + 16, 9)).toEqual([
      { origin: [1022, 0, 0], size: [2, 1], skipped: 0 },
      { origin: [0, 1, 0], size: [1024, 3], skipped: 32 },
      { origin: [0, 4, 0], size: [1, 1], skipped: 32 + 3 * 16384 },
    ]);
    expect(rectangles(16384, 3 * 16384, 2)).toEqual([
      { origin: [0, 1, 0], size: [1024, 1], skipped: 0 },
      { origin: [0, 0, 1], size: [1024, 2], skipped: 16384 },
    ]);
  });

  it('are f16 matrices that stay and are bound whole', () => {
    const names = (options: Parameters<typeof whisperGraph>[1], sizes = {}) =>
      imageWeights(whisperGraph(PUBLISHED_DIMS['tiny.en']!, options), { ...ANY_SIZE, ...sizes })
        .flat()
        .map(({ name }) => name);
    expect(names({ weights: 'f16' })).toContain('decoder.token_embedding.weight');
    expect(names({ weights: 'f16' })).not.toContain('decoder.positional_embedding');
    expect(names({ weights: 'f16' }, { most: 2 ** 24 })).not.toContain('decoder.token_embedding.weight');
    expect(names({ weights: 'f16' }, { least: 2 ** 25 })).toEqual(['decoder.token_embedding.weight']);
    expect(names({ weights: 'int8' }).filter((name) => !name.includes('conv'))).toEqual([]);
    expect(names({ weights: 'f16', mode: 'streamed' })).toEqual([]);
  });

  it('cost no bytes, and the arena is as without', () => {
    const graph = whisperGraph(PUBLISHED_DIMS['tiny.en']!, { weights: 'f16' });
    const [without, with_] = [undefined, ANY_SIZE].map((images) => planMemory(graph, { ...PLAIN_LIMITS, images }));
    expect(with_!.weightBytes).toBe(without!.weightBytes);
    expect(with_!.arenaBytes).toBe(without!.arenaBytes);
    expect(validatePlan(graph, with_!, PLAIN_LIMITS)).toEqual([]);
  });
});
