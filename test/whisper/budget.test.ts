// Rung: pure. What a budget chooses, from plans alone.

import { describe, expect, it } from 'vitest';
import { MemoryError } from '../../src/errors.ts';
import { cachesOf, fewerBits, fitBudget, modesOf, mostAudios, plannedBytes } from '../../src/whisper/budget.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { type CachePrecision, MODES, type Mode } from '../../src/whisper/graph_options.ts';

const tiny = PUBLISHED_DIMS['tiny.en']!;
const F16 = ['f16'] as const;
const INT8 = { weights: 'int8', weightRules: [] } as const;

function chosen(maxGpuBytes: number, mode?: Mode, choices = fewerBits(INT8), caches: readonly CachePrecision[] = F16) {
  return fitBudget(tiny, {}, { modes: modesOf(mode), choices, caches }, maxGpuBytes).configuration;
}

describe('[pure] budget', () => {
  it('with room for everything, the fastest: resident, as the file has its weights', () => {
    expect(chosen(1e9)).toMatchObject({ mode: 'resident', weights: 'int8', reason: 'the fastest of all' });
  });

  it('is hard: a byte below a plan is not that plan, and the plan itself fits', () => {
    for (const mode of MODES) {
      const bytes = plannedBytes(tiny, { mode, weights: 'int8' });
      expect(chosen(bytes, mode, [INT8])).toMatchObject({ mode, weights: 'int8' });
      expect(() => chosen(bytes - 1, mode, [INT8])).toThrow(MemoryError);
      expect(() => chosen(bytes - 1, mode, [INT8])).toThrow(
        `at least ${bytes} bytes because ${mode}, int8 takes the least`,
      );
    }
  });

  it('whatever is chosen fits, and less room never chooses more', () => {
    let last = Number.POSITIVE_INFINITY;
    for (const budget of [60e6, 50e6, 45e6, 40e6, 35e6, 30e6, 25e6, 20e6]) {
      const { mode, weights, reason } = chosen(budget);
      const bytes = plannedBytes(tiny, { mode, weights });
      expect(bytes).toBeLessThanOrEqual(budget);
      expect(bytes).toBeLessThanOrEqual(last);
      expect(reason).toMatch(budget === 60e6 ? /fastest/ : /faster ones take more: resident, int8 54\.4 MB/);
      last = bytes;
    }
  });

  it('int8 caches, where that is enough, before a slower mode; never where caches were chosen', () => {
    const whole = plannedBytes(tiny, { weights: 'int8' });
    const free = (bytes: number) => chosen(bytes, undefined, [INT8], cachesOf(undefined));
    expect(free(whole)).toMatchObject({ mode: 'resident', cache: 'f16', reason: 'the fastest of all' });
    expect(free(whole - 1)).toMatchObject({ mode: 'resident', cache: 'int8' });
    expect(chosen(whole - 1, undefined, [INT8], cachesOf('f16'))).toMatchObject({ mode: 'absorbed', cache: 'f16' });
    const least = plannedBytes(tiny, { mode: 'streamed', weights: 'int8', cache: 'int8' });
    expect(free(least)).toMatchObject({ mode: 'streamed', cache: 'int8' });
    expect(() => free(least - 1)).toThrow(
      `at least ${least} bytes because streamed, int8, int8 caches takes the least`,
    );
  });

  it('beams and words count', () => {
    const bytes = plannedBytes(tiny, { weights: 'int8' });
    const wide = fitBudget(tiny, { batch: 5 }, { modes: MODES, choices: [INT8], caches: F16 }, bytes);
    expect(wide.mode).not.toBe('resident');
    expect(wide.batch).toBe(5);
  });

  it('as many audios as fit, and one more would not', () => {
    for (const budget of [50e6, 60e6, 80e6]) {
      const audios = mostAudios(tiny, { ...INT8, mode: 'absorbed' }, budget);
      const bytes = (count: number) => plannedBytes(tiny, { ...INT8, mode: 'absorbed', audios: count, batch: count });
      expect(bytes(audios)).toBeLessThanOrEqual(budget);
      expect(bytes(audios + 1)).toBeGreaterThan(budget);
    }
  });

  it('another audio costs its features, its caches and its rows: the same each time', () => {
    const bytes = [2, 3, 4, 5].map((audios) => plannedBytes(tiny, { ...INT8, audios, batch: audios }));
    const each = bytes.slice(1).map((b, i) => b - bytes[i]!);
    const { n_audio_ctx: T, n_audio_state: d, n_text_layer: layers, n_text_ctx: context } = tiny;
    const kept = 2 * T * d + 2 * 2 * layers * context * d; // features, self-attention's keys and values, all f16
    for (const more of each) expect(Math.abs(more - kept)).toBeLessThan(0.1 * kept);
  });

  it('large-v3 in a tenth of what it takes whole', () => {
    const large = PUBLISHED_DIMS['large-v3']!;
    const int4 = { weights: 'int4', weightRules: [] } as const;
    const found = fitBudget(large, {}, { modes: MODES, choices: [int4], caches: F16 }, 155e6);
    expect(found.configuration).toMatchObject({ mode: 'streamed', weights: 'int4' });
  });
});
