// Rung: pure. Beam search by openai's rules, on candidates made by hand; whole transcriptions are held to its goldens on the model rung.

import { describe, expect, it } from 'vitest';
import { BeamSearch, type Candidate, mostLikely } from '../../src/whisper/beam_search.ts';
import { PageTable, stepTables } from '../../src/whisper/sequences.ts';

const EOT = 99;
const candidates = (...pairs: readonly (readonly [number, number])[]): Candidate[] =>
  pairs.map(([token, logprob]) => ({ token, logprob }));
const tokens = (search: BeamSearch) => search.live.map((h) => [...h.tokens]);

describe('[pure] beam search', () => {
  it('at first all beams are alike, and equal sequences count once', () => {
    const search = new BeamSearch(2, 2, EOT);
    const same = candidates([1, -0.5], [2, -1], [3, -2]);
    expect(search.update([same, same])).toEqual([1, 1]); // the last one's source stands, as in a dict
    expect(tokens(search)).toEqual([[1], [2]]);
  });

  it('the best go on, whichever beam they come from', () => {
    const search = new BeamSearch(2, 2, EOT);
    const same = candidates([1, -0.5], [2, -1], [3, -2]);
    search.update([same, same]);
    expect(search.update([candidates([4, -3], [5, -4], [6, -5]), candidates([7, -0.1], [8, -0.2], [9, -3])])).toEqual([
      1, 1,
    ]);
    expect(tokens(search)).toEqual([
      [2, 7],
      [2, 8],
    ]);
    expect(search.live[0]!.sumLogprob).toBe(Math.fround(-1 + Math.fround(-0.1)));
    expect(search.live[0]!.logprobs).toEqual([-1, -0.1]);
  });

  it('what ends leaves the beam, which is filled from the next best', () => {
    const search = new BeamSearch(2, 2, EOT);
    const same = candidates([EOT, -0.1], [1, -0.5], [2, -1]);
    search.update([same, same]);
    expect(tokens(search)).toEqual([[1], [2]]);
    expect(search.completed).toBe(false);
    const end = candidates([EOT, -0.1], [3, -5], [4, -6]);
    search.update([end, end]);
    expect(search.completed).toBe(true);
    expect(search.finish().map((h) => [h.tokens, h.sumLogprob])).toEqual([
      [[], -0.1].map((x) => (typeof x === 'number' ? Math.fround(x) : x)),
      [[1], Math.fround(-0.5 + -0.1)],
    ]);
  });

  it('what would end after the beam is full is not looked at', () => {
    const search = new BeamSearch(1, 1, EOT);
    search.update([candidates([1, -0.5], [EOT, -1])]);
    expect(search.completed).toBe(false);
    expect(search.finish().map((h) => h.tokens)).toEqual([[1]]);
  });

  it('patience waits for more, and takes no more than that', () => {
    const search = new BeamSearch(2, 3, EOT);
    const end = candidates([EOT, -0.1], [1, -0.5], [2, -1]);
    for (let i = 0; i < 2; i++) search.update([end, end]);
    expect(search.completed).toBe(true);
    expect(search.finish().length).toBe(3);
  });

  it('too few finished: live ones are added, the best first', () => {
    const search = new BeamSearch(2, 2, EOT);
    const same = candidates([1, -0.5], [2, -1], [3, -2]);
    search.update([same, same]);
    expect(search.finish().map((h) => h.tokens)).toEqual([[1], [2]]);
  });
});

describe('[pure] the most likely hypothesis', () => {
  const short = { tokens: [1, 2], sumLogprob: -1 };
  const long = { tokens: [1, 2, 3, 4, 5, 6], sumLogprob: -2 };
  it('by log probability over length', () => expect(mostLikely([short, long])).toBe(long));
  it('with a length penalty of 0 by log probability', () => expect(mostLikely([short, long], 0)).toBe(short));
  it("with one of 1 by Google's formula", () => expect(mostLikely([short, long], 1)).toBe(short)); // -0.857, -1.09
  it('the first of equals', () => expect(mostLikely([short, { ...short }])).toBe(short));
});

describe('[pure] tables of sequences', () => {
  it('a prompt is shared; then every position is its own', () => {
    expect([...new PageTable(2, 4, 2).words]).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  });

  it('a reordered sequence reads what its source has, and writes to itself', () => {
    const pages = new PageTable(3, 5, 1);
    pages.reorder([2, 2, 0], 3);
    expect([...pages.words]).toEqual([0, 2, 2, 0, 0, 0, 2, 2, 1, 1, 0, 0, 0, 2, 2]);
    pages.reorder([1, 0, 2], 4);
    expect([...pages.words.slice(0, 5)]).toEqual([0, 2, 2, 1, 0]);
  });

  it('cursors hold what the rules look at; sequences beyond the list are not in use', () => {
    const { rows, cursor } = stepTables([[5, 401, 7]], 12, 2, 400);
    expect([...rows]).toEqual([7, 12, 0, 0, 0, 0, 0xffffffff, 1]);
    expect([...cursor]).toEqual([3, 7, 401, 401, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
