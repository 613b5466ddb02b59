// Rung: pure. Measurements in turns: their order, and whose they are. No device.

import { expect, it, vi } from 'vitest';
import { inTurns } from '../../bench/process/in_turns.ts';
import { leastAndMedian, spread } from '../../bench/report/spread.ts';

it('measures every subject once before any is measured again', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const order: string[] = [];
  const results = await inTurns(['a', 'b'], 3, (subject) => Promise.resolve(`${subject}${order.push(subject)}`));
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(results).toEqual([
    ['a1', 'a3', 'a5'],
    ['b2', 'b4', 'b6'],
  ]);
  expect(said).toHaveBeenCalledTimes(3);
});

it('writes the least and the median, or that there is none', () => {
  expect(leastAndMedian(spread([3, 1, 2, 8]), 1)).toBe('1.0 (2.5)');
  expect(leastAndMedian(spread([0.003, 0.001, 0.002]), 0, 1000)).toBe('1 (2)');
  expect(leastAndMedian(undefined, 1)).toBe('-');
});
