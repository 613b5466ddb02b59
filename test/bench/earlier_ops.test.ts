// [pure] An earlier run of the ops bench is found again, case by case.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caseKey, readEarlier } from '../../bench/earlier_ops.ts';

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'ops-')), 'ops.txt');
  writeFileSync(path, text);
  return path;
}

describe('[pure] readEarlier', () => {
  it('takes the least of a case, whatever kernel ran it, and no rates or heads', () => {
    const earlier = readEarlier(
      file(`# rate      dispatch                     29.3 us each, of many in a submit
kernel                     case                                  min ms    median  GFLOP/s    GB/s  of bound
linear.cpuvec              f32 tiny decode step                   0.349     0.357     3.38    6.81    41 % mem
linear.vec                 f32 tiny decode step                   0.249     0.357     3.38    6.81    41 % mem
layer_norm.cpu             tiny encoder tile                      0.232     0.251        -    3.99    27 % mem          0.240 1.03
`),
    );
    expect([...earlier]).toEqual([
      [caseKey('linear', 'f32 tiny decode step'), 0.249],
      [caseKey('layer_norm.cpu', 'tiny encoder tile'), 0.232],
    ]);
  });

  it('refuses a file of something else', () => {
    expect(() => readEarlier(file('# nothing\n'))).toThrow(/ops --beside: expected output/);
  });
});
