// Rung: pure. Pictures of packings: the text to the letter, the drawing by what it must contain.

import { describe, expect, it } from 'vitest';
import { drawSvg, drawText, packBuffers } from '../../src/allocator/index.ts';
import { fromRows } from './problems.ts';
import { TINY, whisperLike } from './whisper_like.ts';

const problem = { buffers: fromRows([[0, 4, 2048], [2, 8, 1024], [4, 8, 1024]]) }; // biome-ignore format: a table
const packing = { offsets: [0, 2048, 0], height: 3072, lowerBound: 3072 };

describe('[pure] drawText', () => {
  it('shows who lies where', () => {
    const phases = [
      { time: 4, name: 'decode' },
      { time: 0, name: 'encode' },
      { time: 5, name: 'step' },
    ];
    expect(drawText(problem, packing, { columns: 16, rows: 3, phases })).toMatchInlineSnapshot(`
      "3 buffers in 3.00 KiB, 1.0000 x the lower bound
      3.00 KiB |....111111111111
      2.00 KiB |00000000........
      1.00 KiB |0000000022222222
               +----------------
                ^ encode  ^ step
                        ^ decode
      "
    `);
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
    const svg = drawSvg({ buffers: [gapped] }, { offsets: [0], height: 10, lowerBound: 10 }, { title: 'a < b' });
    expect(svg.match(/<rect class="buffer"/g)).toHaveLength(2);
    expect(svg.match(/<title>&#60;k &#38; v&#62;\n10 bytes at 0\nlive \[0, 9\)<\/title>/g)).toHaveLength(2);
    expect(svg).toContain('>a &#60; b</text>');
  });

  it('draws a whole plan inside its frame, with its peak and phases', () => {
    const buffers = whisperLike(TINY);
    const phases = [{ time: 40, name: 'decode' }];
    const svg = drawSvg({ buffers }, packBuffers({ buffers }), { width: 800, height: 400, phases });
    expect(svg.match(/<rect class="buffer"/g)).toHaveLength(buffers.length);
    expect(svg).toMatch(/class="peak"[\s\S]*>peak \d/);
    expect(svg).toMatch(/class="phase"[\s\S]*>decode</);
    for (const [, x, y, width, height] of svg.matchAll(
      /x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
    )) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(800);
      expect(Number(y) + Number(height)).toBeLessThanOrEqual(400);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draws an arena of nothing', () => {
    expect(drawSvg({ buffers: [] }, { offsets: [], height: 0, lowerBound: 0 })).not.toMatch(/NaN|Infinity|undefined/);
  });
});
