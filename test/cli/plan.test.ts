// Rung: pure. `whisper-wgsl plan`: its text, JSON, CSV and pictures agree with the plan and with each other.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lowerBound, naiveBytes, parseCsv } from '../../src/allocator/index.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { cli } from './in_process.ts';

const BUNDLED = fileURLToPath(new URL('../../models/tiny.en', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function planned(...args: string[]) {
  const { code, out } = await cli(['plan', '--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(out);
}

describe('[pure] plan --json', () => {
  it('accounts for every byte', async () => {
    const plan = await planned('--model', 'base', '--weights', 'int8');
    const { total_bytes, weights_bytes, arena, uniforms_bytes, staging_bytes } = plan;
    expect(total_bytes).toBe(weights_bytes + arena.bytes + uniforms_bytes + staging_bytes);
    expect(plan.non_weight_bytes).toBe(total_bytes - weights_bytes);
    expect(Math.max(...Object.values<number>(plan.phase_peaks))).toBe(arena.lower_bound);
    expect(plan.phase_peaks[plan.peak.phase]).toBe(arena.lower_bound);
    expect(plan.naive_bytes).toBeGreaterThan(arena.bytes);
    expect(plan).toMatchObject({ model: 'base', dims: PUBLISHED_DIMS['base'], options: { weights: 'int8', batch: 1 } });
  });

  it('takes batch, context, cache and mode', async () => {
    const caches = ({ peak }: { peak: { largest: { name: string; bytes: number }[] } }) =>
      peak.largest.filter(({ name }) => /[kv]_cache$/.test(name)).reduce((sum, { bytes }) => sum + bytes, 0);
    const { n_text_layer: layers, n_text_state: d } = PUBLISHED_DIMS['small']!;
    const one = await planned('--model', 'small', '--text-context', '300');
    expect(caches(one)).toBe(2 * layers * 300 * d * 2);
    const four = await planned('--model', 'small', '--text-context', '300', '--batch', '4', '--cache', 'f32');
    expect(caches(four)).toBe(2 * layers * 4 * 300 * d * 4);
    const int8 = await planned('--model', 'small', '--text-context', '300', '--cache', 'int8');
    const aligned = Math.ceil((300 * (d + (4 * d) / 64)) / 256) * 256; // codes, and an f32 scale for every head
    expect(caches(int8)).toBe(2 * layers * aligned);
    const absorbed = await planned('--model', 'small', '--mode', 'absorbed');
    expect(absorbed.arena.bytes).toBeLessThan((await planned('--model', 'small')).arena.bytes / 3);
  });

  it('says what would make the largest tensors smaller', async () => {
    const { peak } = await planned('--model', 'large-v3');
    expect(peak.largest).toHaveLength(10);
    const remedies = Object.fromEntries(
      peak.largest.map(({ name, remedy }: { name: string; remedy: string }) => [name, remedy]),
    );
    expect(remedies['decoder.blocks.*.cross_k']).toMatch(/^--mode absorbed/);
    expect(remedies['decoder.blocks.* weights']).toMatch(/^--weights int8; or --mode streamed/);
    expect(remedies['encoder.blocks.* weights']).toMatch(/^--weights int8; or --mode phased/);
    expect(remedies['decoder.blocks.*.k_cache']).toMatch(/--cache int8 nearly halves it$/);
    const absorbed = await planned('--model', 'large-v3', '--mode', 'absorbed');
    expect(absorbed.peak.largest.map(({ name }: { name: string }) => name)).toContain('xa');
    expect(JSON.stringify(absorbed.peak)).not.toContain('mode absorbed');
  });

  it('reads a model of its own, with the formats it has', async () => {
    expect(await planned('--model', BUNDLED)).toMatchObject({
      dims: PUBLISHED_DIMS['tiny.en'],
      options: { weights: 'int8' },
    });
    expect(await planned('--model', BUNDLED, '--weights', 'f32')).toMatchObject({ options: { weights: 'f32' } });
  });
});

describe('[pure] plan', () => {
  it('prints a report, and a table of several models that agrees with it', async () => {
    const { out } = await cli(['plan', '--model', 'turbo', '--weights', 'int8']);
    const total = /total +([\d.]+)/.exec(out)![1]!;
    expect(out).toMatch(/arena +[\d.]+ 1\.0000 x the lower bound/);
    expect(out).toMatch(/\d x decoder\.blocks\.\*\.cross_k +--mode absorbed/);
    const table = await cli(['plan', '--model', 'all', '--weights', 'int8']);
    expect(table.code).toBe(0);
    const lines = table.out.trimEnd().split('\n').slice(2);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(Object.keys(PUBLISHED_DIMS));
    expect(lines.find((line) => line.startsWith('turbo'))!.split(/ +/)[1]).toBe(total);
    expect(await planned('--model', 'tiny', '--model', 'base')).toHaveLength(2);
  });

  it('poses the problem it solved as CSV', async () => {
    const { out } = await cli(['plan', '--csv', '--model', 'tiny']);
    const { problem } = parseCsv(out);
    const { arena, naive_bytes } = await planned('--model', 'tiny');
    expect(lowerBound(problem)).toBe(arena.lower_bound);
    expect(naiveBytes(problem)).toBe(naive_bytes);
    expect(problem.buffers.every(({ alignment }) => alignment === 256)).toBe(true);
  });

  it('draws the arena with letters', async () => {
    const { out } = await cli(['plan', '--picture']);
    const rows = out.split('\n').filter((line) => / \|/.test(line));
    expect(rows).toHaveLength(24);
    expect([...'KCFMAS'].filter((letter) => !rows.join('').includes(letter))).toEqual([]);
    expect(out).toMatch(/\^ mel +\^ encode/);
    expect(out).toMatch(/K keys and values {2}.*C token caches/);
  });

  it('draws the arena as SVG, and writes a page that needs nothing from outside', async () => {
    const [svg, html] = [join(folder, 'arena.svg'), join(folder, 'plan.html')];
    const { code, out, err } = await cli(['plan', '--mode', 'streamed', '--svg', svg, '--html', html]);
    expect(code).toBe(0);
    expect(out).toContain('total');
    expect(err).toBe(`${svg} written\n${html} written\n`);
    const drawing = readFileSync(svg, 'utf8');
    const { problem } = parseCsv((await cli(['plan', '--mode', 'streamed', '--csv'])).out);
    expect(drawing.match(/<rect class="buffer( flat)?"[^>]*><title>/g)).toHaveLength(problem.buffers.length);
    expect(problem.buffers.filter(({ id }) => !drawing.includes(`<title>${id}\n`))).toEqual([]);
    const page = readFileSync(html, 'utf8');
    expect(page.includes(drawing)).toBe(true);
    expect(page.match(/<svg /g)).toHaveLength(2); // streamed weights come and go as well
    expect(/https?:|src=|@import/.exec(page.replaceAll('http://www.w3.org/2000/svg', ''))).toBeNull();
    expect(/NaN|undefined|Infinity/.exec(page.split('<script>')[0]!)).toBeNull();
  });

  it('ends with 2 on wrong usage, 1 without the model, 130 when interrupted', async () => {
    const wrong = [
      ['--batch', '0'],
      ['--batch', 'two'],
      ['--text-context', '449'],
      ['--weights', 'int3'],
      ['--mode', 'lazy'],
      ['--json', '--csv'],
      ['--model', 'all', '--svg', join(folder, 'no.svg')],
      ['--svg', join(folder, 'no', 'such', 'folder.svg')],
    ];
    for (const args of wrong) {
      const { code, out, err } = await cli(['plan', ...args]);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).not.toBe('');
    }
    expect((await cli(['plan', '--model', 'huge'])).code).toBe(1);
    expect((await cli(['plan'], undefined, AbortSignal.abort())).code).toBe(130);
  });
});
