// Rung: pure. packBuffers on cases small enough to see through, its options and its refusals.

import { describe, expect, it } from 'vitest';
import { lowerBound, naiveBytes, packBuffers, packBuffersAsync } from '../../src/allocator/index.ts';
import { MemoryError, OptionError } from '../../src/errors.ts';
import { faultsOf, fromRows, readInstance } from './problems.ts';
import { LARGE, TINY, whisperLike } from './whisper_like.ts';

const EFFORTS = ['fast', 'search', 'exact'] as const;

describe('[pure] packBuffers', () => {
  it('packs no buffers into nothing', () => {
    expect(packBuffers({ buffers: [] })).toMatchObject({ offsets: [], height: 0, optimal: true, stop: 'optimal' });
  });

  it('gives a chain two buffers that swap', () => {
    const chain = { buffers: fromRows(Array.from({ length: 20 }, (_, t) => [t, t + 2, 10])) };
    const packing = packBuffers(chain);
    expect(packing).toMatchObject({ height: 20, lowerBound: 20, optimal: true });
    expect(naiveBytes(chain)).toBe(200);
    expect(faultsOf(chain, packing)).toEqual([]);
  });

  it("solves MiniMalloc's example of five buffers in 12 bytes", () => {
    const rows = [[0, 3, 4], [3, 9, 4], [0, 9, 4], [9, 21, 4], [0, 21, 4]] as const; // biome-ignore format: a table
    const packing = packBuffers({ buffers: fromRows(rows), capacity: 12 });
    expect(packing.height).toBe(12);
    expect(faultsOf({ buffers: fromRows(rows), capacity: 12 }, packing)).toEqual([]);
  });

  it('puts buffers of no bytes at 0', () => {
    const problem = { buffers: fromRows([[0, 2, 0], [1, 3, 5], [0, 9, 0]]) }; // biome-ignore format: a table
    expect(packBuffers(problem, { effort: 'exact' })).toMatchObject({ offsets: [0, 0, 0], height: 5 });
  });

  it('lets buffers that only touch in time share bytes', () => {
    expect(packBuffers({ buffers: fromRows([[0, 5, 8], [5, 6, 8]]) }).height).toBe(8); // biome-ignore format: a table
  });

  it.each(EFFORTS)('packs whole Whisper-like passes to their lower bound with effort %s', (effort) => {
    for (const buffers of [whisperLike(TINY), whisperLike(LARGE), whisperLike(LARGE, false)]) {
      const packing = packBuffers({ buffers }, { effort });
      expect(packing.height).toBe(packing.lowerBound);
      expect(packing.lowerBound).toBe(lowerBound({ buffers }));
      expect(faultsOf({ buffers }, packing)).toEqual([]);
    }
  });

  it('counts bytes beyond 32 bits', () => {
    const size = 2 ** 33 + 1;
    const problem = { buffers: fromRows([[0, 2, size], [1, 3, size], [2, 4, size]]) }; // biome-ignore format: a table
    const packing = packBuffers(problem, { effort: 'exact' });
    expect(packing).toMatchObject({ height: 2 * size, optimal: true });
    expect(faultsOf(problem, packing)).toEqual([]);
  });

  it('aligns offsets, and the height to what all alignments share', () => {
    const buffers = [
      { id: 'a', lower: 0, upper: 2, size: 100, alignment: 256 },
      { id: 'b', lower: 1, upper: 3, size: 100, alignment: 256 },
      { id: 'c', lower: 1, upper: 3, size: 100, alignment: 64 },
    ];
    const packing = packBuffers({ buffers }, { effort: 'search', timeLimitMs: 60_000 });
    expect(packing.height).toBe(384); // 0, 256 and, in the hole between them, 128: ends at 356, rounded up to 64
    expect(faultsOf({ buffers }, packing)).toEqual([]);
  });
});

describe('[pure] packBuffers with gaps', () => {
  const shared = { id: 'long', lower: 0, upper: 10, size: 8 };

  it('lends the bytes of a gap to another buffer', () => {
    const buffers = [
      { ...shared, gaps: [{ lower: 3, upper: 6 }] },
      { id: 'guest', lower: 3, upper: 6, size: 8 },
    ];
    const packing = packBuffers({ buffers });
    expect(packing).toMatchObject({ offsets: [0, 0], height: 8, optimal: true });
    expect(faultsOf({ buffers }, packing)).toEqual([]);
  });

  it('keeps the bytes that stay live in a gap', () => {
    const buffers = [
      { ...shared, gaps: [{ lower: 3, upper: 6, window: { lower: 0, upper: 2 } }] },
      { id: 'guest', lower: 3, upper: 6, size: 6 },
    ];
    const packing = packBuffers({ buffers });
    expect(packing).toMatchObject({ offsets: [0, 2], height: 8, optimal: true });
    expect(faultsOf({ buffers }, packing)).toEqual([]);
  });
});

describe('[pure] what packBuffers is told', () => {
  it('starts from an earlier plan', () => {
    const problem = readInstance('E.1048576');
    const { offsets } = packBuffers(problem, { effort: 'exact' });
    const hinted = { buffers: problem.buffers.map((one, b) => ({ ...one, hint: offsets[b] })) };
    expect(packBuffers(hinted)).toMatchObject({
      height: 1048576,
      optimal: true,
      foundBy: 'greedy by hint, lowest fit',
    });
  });

  it('stops at a capacity that fits', () => {
    const problem = readInstance('F.1048576');
    const packing = packBuffers(problem, { capacity: 2_000_000 });
    expect(packing).toMatchObject({ stop: 'capacity', optimal: false });
    expect(packing.height).toBeLessThanOrEqual(2_000_000);
  });

  it('refuses a capacity below the bytes live at once', () => {
    const problem = { buffers: fromRows([[0, 2, 6], [1, 3, 6]]), capacity: 11 }; // biome-ignore format: a table
    expect(() => packBuffers(problem)).toThrow(MemoryError);
    expect(() => packBuffers(problem)).toThrow(/none exists because none is lower than 12/);
  });

  it('returns its first placement when it has no time', () => {
    const problem = readInstance('K.1048576');
    const packing = packBuffers(problem, { timeLimitMs: 0 });
    expect(packing.stop).toBe('time');
    expect(packing.height).toBeGreaterThan(packing.lowerBound);
    expect(faultsOf(problem, packing)).toEqual([]);
  });

  it('gives up when its signal says so', () => {
    const reason = new Error('enough');
    expect(() => packBuffers({ buffers: [] }, { signal: AbortSignal.abort(reason) })).toThrow(reason);
    let looks = 0;
    const late = new AbortController().signal;
    Object.defineProperty(late, 'aborted', { get: () => ++looks > 3 });
    Object.defineProperty(late, 'reason', { value: reason });
    expect(() => packBuffers(readInstance('K.1048576'), { effort: 'exact', signal: late })).toThrow(reason);
    expect(looks).toBe(4);
  });

  it.each([
    ['a life of no time', { lower: 3, upper: 3 }, /buffer 7: expected whole times with lower < upper .*got \[3, 3\)/],
    ['half a byte', { size: 0.5 }, /buffer 7: expected size to be a whole number of bytes, got 0.5/],
    ['a size below 0', { size: -1 }, /size .* got -1/],
    ['alignment 0', { alignment: 0 }, /alignment to be a whole number from 1, got 0/],
    ['a hint below 0', { hint: -4 }, /hint .* got -4/],
    ['a gap outside', { gaps: [{ lower: 1, upper: 9 }] }, /gaps in order inside \[0, 4\), got \[1, 9\)/],
    ['a window outside', { gaps: [{ lower: 1, upper: 2, window: { lower: 0, upper: 5 } }] }, /window .* got \[0, 5\)/],
    ['too many bytes in all', { size: Number.MAX_SAFE_INTEGER }, /sizes that sum below 2\^53/],
  ])('refuses %s', (_, change, message) => {
    const buffer = { id: 7, lower: 0, upper: 4, size: 4, ...change };
    expect(() => packBuffers({ buffers: [buffer] })).toThrow(OptionError);
    expect(() => packBuffers({ buffers: [buffer] })).toThrow(message);
  });

  it('refuses options that make no sense', () => {
    expect(() => packBuffers({ buffers: [] }, { timeLimitMs: Number.NaN })).toThrow(/timeLimitMs .* got NaN/);
    expect(() => packBuffers({ buffers: [] }, { capacity: -1 })).toThrow(/capacity .* got -1/);
    expect(() => packBuffers({ buffers: [] }, { effort: 'slow' as 'fast' })).toThrow(/effort .* got slow/);
  });
});

describe('[pure] packBuffersAsync', () => {
  it('finds what packBuffers finds, while the event loop turns', async () => {
    const problem = readInstance('A.1048576');
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const packing = await packBuffersAsync(problem, { effort: 'exact' });
    clearInterval(timer);
    expect(packing.offsets).toEqual(packBuffers(problem, { effort: 'exact' }).offsets);
    expect(turns).toBeGreaterThan(0);
  });

  it('gives up when its signal is aborted meanwhile, even amid one long search', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 100);
    const hard = packBuffersAsync(readInstance('D.1048576'), { effort: 'exact', signal: abort.signal });
    await expect(hard).rejects.toThrow(reason);
  });

  it('rejects what packBuffers throws', async () => {
    await expect(packBuffersAsync({ buffers: [] }, { timeLimitMs: -1 })).rejects.toThrow(OptionError);
  });
});
