// Rung: pure. Rows pass as many at a time as cost no bytes.

import { describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { PLAIN_LIMITS } from '../../src/whisper/budget.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { freeTiles } from '../../src/whisper/free_tiles.ts';
import { type GraphOptions, graphOptions } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { alignmentHeads } from '../../src/whisper/words/alignment_heads.ts';

function tiles(name: string, wanted: Partial<GraphOptions>) {
  const dims = PUBLISHED_DIMS[name]!;
  const least = graphOptions(dims, { weights: 'int8', ...wanted });
  const free = freeTiles(dims, least);
  const arena = (options: GraphOptions) => planMemory(whisperGraph(dims, options), PLAIN_LIMITS).arenaBytes;
  return { least, free, arena };
}

describe('[pure] free tiles', () => {
  const sets: readonly Partial<GraphOptions>[] = [
    { mode: 'resident' },
    { mode: 'absorbed' },
    { mode: 'streamed', cache: 'int8' },
    { mode: 'resident', batch: 5, alignment: alignmentHeads(PUBLISHED_DIMS['tiny.en']!) },
    { mode: 'absorbed', batch: 4, audios: 4 },
  ];
  for (const wanted of sets) {
    const { alignment, ...shown } = wanted;
    it(`${JSON.stringify(shown)}${alignment ? ' with words' : ''}: not a byte more`, () => {
      for (const name of alignment ? ['tiny.en'] : ['tiny.en', 'base', 'small', 'turbo']) {
        const { least, free, arena } = tiles(name, wanted);
        expect(arena(free), name).toBe(arena(least));
        expect(free.queryRows, name).toBeGreaterThan(least.queryRows);
      }
    });
  }

  it('whole windows pass where decoding takes more than the encoder', () => {
    for (const mode of ['resident', 'absorbed'] as const) {
      expect(tiles('medium', { mode }).free).toMatchObject({ tileRows: 1500, queryRows: 1500, crossRows: 1500 });
    }
  });

  it('the next larger tile would cost bytes', () => {
    const { free, arena } = tiles('tiny.en', { mode: 'resident' });
    expect(free).toMatchObject({ tileRows: 750, queryRows: 1500 });
    expect(arena({ ...free, tileRows: 1500 })).toBeGreaterThan(arena(free));
  });
});
