// Rung: pure. The CSV form of minimalloc and idealloc, both ways, and what a wrong file is told.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCsv, packBuffers, parseCsv } from '../../src/allocator/index.ts';
import { OptionError } from '../../src/errors.ts';
import { anyProblem, faultsOf } from './problems.ts';

describe('[pure] parseCsv', () => {
  it('reads the plain form, with half-open lifetimes', () => {
    expect(parseCsv('id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\n')).toEqual({
      problem: {
        buffers: [
          { id: 'b1', lower: 0, upper: 3, size: 4 },
          { id: 'b2', lower: 3, upper: 9, size: 4 },
        ],
      },
    });
  });

  it('takes an end, and the end of a gap, as the last moment of life', () => {
    const text = 'buffer_id, start, size, end, gaps\r\nx, -2, 16, 8, 1-3 5-6@0:4\r\n';
    const gaps = [
      { lower: 1, upper: 4 },
      { lower: 5, upper: 7, window: { lower: 0, upper: 4 } },
    ];
    expect(parseCsv(text).problem.buffers).toEqual([{ id: 'x', lower: -2, upper: 9, size: 16, gaps }]);
  });

  it('reads alignments, hints and the offsets of a packed file', () => {
    const text = '\uFEFFbuffer,begin,upper,size,alignment,hint,offset\na,0,2,8,4,-1,0\nb,1,3,8,1,6,8\n';
    expect(parseCsv(text)).toEqual({
      problem: {
        buffers: [
          { id: 'a', lower: 0, upper: 2, size: 8, alignment: 4 },
          { id: 'b', lower: 1, upper: 3, size: 8, alignment: 1, hint: 6 },
        ],
      },
      offsets: [0, 8],
    });
  });

  it.each([
    ['', /box line 1: expected column names out of .*, got ''/],
    ['id,lower,upper\na,0,1', /box line 1: expected a column for size, got none/],
    ['id,lower,upper,end,size\n', /box line 1: expected one column for upper, got several/],
    ['id,lower,upper,size,colour\n', /box line 1: expected column names .* got 'colour'/],
    ['id,lower,upper,size,constructor\n', /got 'constructor'/],
    ['id,lower,upper,size\na,0,1,2\nb,0,1', /box line 3: expected 4 fields as in the header, got 3/],
    ['id,lower,upper,size\na,0,1,2\n\nb,0,1,2', /box line 3: expected 4 fields/],
    ['id,lower,upper,size\na,0,1,2.5', /box line 2: expected size to be a whole number below 2\^53, got '2.5'/],
    ['id,lower,upper,size\na,0,1,99999999999999999999', /box line 2: expected size/],
    ['id,lower,upper,size\na,,1,2', /box line 2: expected lower .* got ''/],
    ['id,lower,upper,size,gaps\na,0,9,2,3', /box line 2: expected gaps as 3-5 or 3-5@0:16, got '3'/],
    ['id,lower,upper,size\na,5,5,2', /box: buffer a: expected whole times with lower < upper/],
  ])('refuses %j', (text, message) => {
    expect(() => parseCsv(text, 'box')).toThrow(OptionError);
    expect(() => parseCsv(text, 'box')).toThrow(message);
  });
});

describe('[pure] formatCsv', () => {
  it('writes only the columns that are needed', () => {
    const buffers = [{ id: 3, lower: 0, upper: 2, size: 8 }];
    expect(formatCsv({ buffers })).toBe('id,lower,upper,size\n3,0,2,8\n');
    expect(formatCsv({ buffers }, [16])).toBe('id,lower,upper,size,offset\n3,0,2,8,16\n');
  });

  it('is read back as the same problem and a valid packing', () => {
    const shape = { count: 20, times: 20, size: 2 ** 35, alignments: [1, 8], gaps: true };
    fc.assert(
      fc.property(anyProblem(shape), (drawn) => {
        const problem = { buffers: drawn.buffers.map((one) => ({ ...one, id: `${one.id}` })) };
        const packing = packBuffers(problem, { timeLimitMs: 0 });
        const read = parseCsv(formatCsv(problem, packing.offsets));
        expect(read).toEqual({ problem, offsets: packing.offsets });
        expect(faultsOf(read.problem, { offsets: read.offsets!, height: packing.height })).toEqual([]);
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('refuses ids that would break the form, and offsets that are missing', () => {
    const buffers = [{ id: 'a,b', lower: 0, upper: 1, size: 1 }];
    expect(() => formatCsv({ buffers })).toThrow(/ids without commas, got 'a,b'/);
    expect(() => formatCsv({ buffers }, [])).toThrow(/expected 1 offsets, one a buffer, got 0/);
  });
});
