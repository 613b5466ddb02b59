// Rung: pure. Pictures of packings: the text to the letter, the drawing by what it must contain and where.

import { describe, expect, it } from 'vitest';
import { drawSvg, drawText, type Kind, packBuffers } from '../../src/allocator/index.ts';
import { fromRows } from './problems.ts';
import { TINY, whisperLike } from './whisper_like.ts';

const problem = { buffers: fromRows([[0, 4, 2000], [2, 8, 1000], [4, 8, 1000]]) }; // biome-ignore format: a table
const packing = { offsets: [0, 2000, 0], height: 3000, lowerBound: 3000 };
const CACHE: Kind = { name: 'cache', colour: '#f00', letter: 'C' };
const ROWS: Kind = { name: 'rows', colour: '#00f', letter: 'r' };

describe('[pure] drawText', () => {
  it('shows who lies where, phases by share of time', () => {
    const phases = [
      { time: 4, name: 'decode' },
      { time: 0, name: 'encode' },
      { time: 5, name: 'step' },
    ];
    expect(drawText(problem, packing, { columns: 16, rows: 3, phases })).toMatchInlineSnapshot(`
      "3 buffers in 3.00 kB, 1.0000 x the lower bound
      3.00 kB |...1111111111111
      2.00 kB |00000000........
      1.00 kB |0000000022222222
              +----------------
               ^ encode  ^ step
                      ^ decode
      "
    `);
  });

  it('gives kinds a letter each, and a legend', () => {
    expect(drawText(problem, packing, { columns: 8, rows: 3, kinds: [ROWS, CACHE, CACHE] })).toMatchInlineSnapshot(`
      "3 buffers in 3.00 kB, 1.0000 x the lower bound
      3.00 kB |..CCCCCC
      2.00 kB |rrrr....
      1.00 kB |rrrrCCCC
              +--------
               r rows  C cache
      "
    `);
  });

  it('widens phases that are too short to be seen', () => {
    const long = { buffers: [{ id: 'all', lower: 0, upper: 1000, size: 8 }] };
    const phases = ['a', 'b', 'c', 'd'].map((name, i) => ({ name, time: [0, 1, 2, 3][i]! }));
    const text = drawText(long, { offsets: [0], height: 8, lowerBound: 8 }, { columns: 100, rows: 1, phases });
    const carets = text.split('\n').find((line) => line.includes('^ a'))!;
    expect(['a', 'b', 'c', 'd'].map((name) => carets.indexOf(`^ ${name}`) - carets.indexOf('^ a'))).toEqual([
      0, 6, 12, 18,
    ]);
  });

  it('draws an arena of nothing', () => {
    const nothing = { offsets: [], height: 0, lowerBound: 0 };
    expect(drawText({ buffers: [] }, nothing, { columns: 4, rows: 1 })).toMatchInlineSnapshot(`
      "0 buffers in 0 B, 1.0000 x the lower bound
      0 B |....
          +----
      "
    `);
  });

  it('refuses offsets that are missing and pictures without cells', () => {
    expect(() => drawText(problem, { ...packing, offsets: [] })).toThrow(/expected 3 offsets, one a buffer, got 0/);
    expect(() => drawText(problem, packing, { rows: 0 })).toThrow(/columns and rows from 1, got 100 x 0/);
  });
});

describe('[pure] drawSvg', () => {
  it('has a rectangle with a title for each piece, escaped', () => {
    const gapped = { id: '<k & v>', lower: 0, upper: 9, size: 10, gaps: [{ lower: 3, upper: 6 }] };
    const phases = [
      { time: 0, name: 'first' },
      { time: 5, name: 'second' },
    ];
    const drawn = { offsets: [0], height: 10, lowerBound: 10 };
    const svg = drawSvg({ buffers: [gapped] }, drawn, { title: 'a < b', phases, kinds: [CACHE] });
    const title = (lives: string) =>
      `<title>&#60;k &#38; v&#62;\ncache\n10 bytes at 0\nlive [0, 9): ${lives}</title></rect>`;
    expect(svg.match(/<rect class="buffer"[^>]*fill="#f00"><title>/g)).toHaveLength(2);
    expect(svg).toContain(title('first'));
    expect(svg).toContain(title('second'));
    expect(svg).toContain('>a &#60; b</text>');
  });

  it('labels what is large by the longest ending of its name that fits, and stacks of flat pieces together', () => {
    const flat = Array.from({ length: 100 }, (_, i) => ({ id: `layers.${i}.cache`, lower: 0, upper: 9, size: 1 }));
    const buffers = [{ id: 'encoder.blocks.0.x', lower: 0, upper: 9, size: 100 }, ...flat];
    const drawn = { offsets: [0, ...flat.map((_, i) => 100 + i)], height: 200, lowerBound: 200 };
    const kinds = [ROWS, ...flat.map(() => CACHE)];
    const labels = (width: number) =>
      Array.from(
        drawSvg({ buffers }, drawn, { width, kinds }).matchAll(/class="label"[^>]*>([^<]*)</g),
        ([, text]) => text,
      );
    expect(labels(800)).toEqual(['encoder.blocks.0.x', '100 x cache, 100 B']);
    expect(labels(200)).toEqual(['blocks.0.x', '100 x cache']);
  });

  it('draws a whole plan inside its frame, with its peak, its phases and the bytes live', () => {
    const buffers = whisperLike(TINY);
    const phases = [
      { time: 0, name: 'encode' },
      { time: 40, name: 'decode' },
    ];
    const svg = drawSvg({ buffers }, packBuffers({ buffers }), { width: 800, height: 400, phases });
    expect(svg.match(/<rect class="buffer( flat)?"/g)).toHaveLength(buffers.length);
    expect(svg).toMatch(/class="peaktext">[\d.]+ MB, the lower bound</);
    expect(svg).toMatch(/class="phase"[^>]*>encode<[\s\S]*class="phase"[^>]*>decode</);
    for (const [, x, y, width, height] of svg.matchAll(
      /x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
    )) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(800);
      expect(Number(y) + Number(height)).toBeLessThanOrEqual(400);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('shows the bound where the arena is higher', () => {
    const svg = drawSvg(problem, { ...packing, height: 4000 });
    expect(svg).toMatch(/class="bound"/);
    expect(svg).toMatch(/class="peaktext">4.00 kB</);
    expect(drawSvg(problem, packing)).not.toMatch(/class="bound"/);
  });

  it('draws an arena of nothing', () => {
    expect(drawSvg({ buffers: [] }, { offsets: [], height: 0, lowerBound: 0 })).not.toMatch(/NaN|Infinity|undefined/);
  });
});
