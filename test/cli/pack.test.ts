// Rung: pure. `whisper-wgsl pack`: a packed CSV to a file or stdout, the verdict to stderr, and how it ends.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv, validatePacking } from '../../src/allocator/index.ts';
import { cli } from './in_process.ts';

const instance = (name: string) => fileURLToPath(new URL(`../goldens/planner/${name}.1048576.csv`, import.meta.url));

let folder: string;
let five: string; // google/minimalloc's example: fits in 12

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-pack-'));
  five = join(folder, 'five.csv');
  writeFileSync(five, 'id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\nb3,0,9,4\nb4,9,21,4\nb5,0,21,4\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('[pure] pack', () => {
  it('writes the problem with offsets to stdout, and what it thinks of it to stderr', async () => {
    const { code, out, err } = await cli(['pack', five]);
    expect(code).toBe(0);
    const { problem, offsets } = parseCsv(out);
    expect(problem).toEqual(parseCsv(readFileSync(five, 'utf8')).problem);
    expect(validatePacking(problem, { offsets: offsets!, height: 12 })).toEqual([]);
    expect(err).toMatch(/^5 buffers: height 12, bound 12, ratio 1\.0000\noptimal: no packing is lower \(effort fast, /);
  });

  it('replaces a file as a whole, and leaves nothing beside it', async () => {
    const to = join(folder, 'packed.csv');
    writeFileSync(to, 'old');
    const { code, out } = await cli(['pack', instance('B'), '--effort', 'exact', '-o', to]);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    const { problem, offsets } = parseCsv(readFileSync(to, 'utf8'));
    expect(validatePacking(problem, { offsets: offsets!, height: 1048576 })).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['five.csv', 'packed.csv']);
  });

  it('keeps alignment, hints, gaps and inclusive ends, from stdin', async () => {
    const csv = 'buffer_id,start,end,size,alignment,hint,gaps\nü,0,9,7,8,-1,3-5@0:2\nb,3,5,5,1,16,\n';
    const { code, out } = await cli(['pack', '-'], csv);
    expect(code).toBe(0);
    expect(out).toMatch(/^id,lower,upper,size,alignment,hint,gaps,offset\n/);
    const { problem, offsets } = parseCsv(out);
    expect(problem).toEqual(parseCsv(csv).problem);
    expect(offsets).toEqual([0, 2]);
  });

  it('packs what plan poses', async () => {
    const { out: posed } = await cli(['plan', '--csv']);
    const { code, err } = await cli(['pack', '-'], posed);
    expect(code).toBe(0);
    expect(err).toContain('ratio 1.0000');
  });

  it('stops at a capacity, and says why it stopped', async () => {
    const met = await cli(['pack', instance('D'), '--capacity', '1200000']);
    expect(met.code).toBe(0);
    expect(met.err).toContain('stopped: the capacity is met');
    const late = await cli(['pack', instance('D'), '--effort', 'exact', '--time-limit', '0']);
    expect(late.code).toBe(0);
    expect(late.err).toContain('stopped: the time is spent');
  });

  it('ends with 1 and no file when the capacity is not met', async () => {
    const to = join(folder, 'never.csv');
    const { code, out, err } = await cli(['pack', five, '--capacity', '11', '-o', to]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('none exists because none is lower than 12');
    expect(existsSync(to)).toBe(false);
  });

  it('ends with 130 and no file when interrupted', async () => {
    const to = join(folder, 'never.csv');
    const abort = new AbortController();
    setTimeout(() => abort.abort(new DOMException('interrupted', 'AbortError')), 200);
    const args = ['pack', instance('J'), '--effort', 'exact', '-o', to];
    expect(await cli(args, undefined, abort.signal)).toEqual({ code: 130, out: '', err: 'interrupted\n' });
    expect(existsSync(to)).toBe(false);
  });

  it('ends with 2 on wrong usage', async () => {
    const broken = join(folder, 'broken.txt');
    writeFileSync(broken, 'id,lower,upper,size\n1,2,1,4\n');
    const wrong = [
      ['pack'],
      ['pack', join(folder, 'missing.csv')],
      ['pack', folder],
      ['pack', broken],
      ['pack', five, '--capacity', '1.5'],
      ['pack', five, '--capacity', '-1'],
      ['pack', five, '--effort', 'slow'],
      ['pack', five, '--time-limit', 'never'],
      ['pack', five, '-o', folder],
      ['pack', five, '-o', join(folder, 'no', 'such', 'folder.csv')],
    ];
    for (const args of wrong) {
      const { code, out, err } = await cli(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).not.toBe('');
    }
  });
});
