import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rested } from '../../src/gpu/rest.ts';

/** Turns of the event loop while a promise is awaited, with something that keeps it turning, as dawn.node does. */
async function turns(wait: (promise: Promise<void>) => Promise<void>): Promise<number> {
  let count = 0;
  let waiting = true;
  const turn = () => {
    count++;
    if (waiting) setImmediate(turn);
  };
  setImmediate(turn);
  await wait(sleep(60));
  waiting = false;
  return count;
}

it('settles as the promise does', async () => {
  expect(await rested(Promise.resolve(7))).toBe(7);
  await expect(rested(sleep(5).then(() => Promise.reject(new Error('lost'))))).rejects.toThrow('lost');
});

it('makes an event loop that never pauses turn seldom', async () => {
  const hot = await turns((promise) => promise);
  const cool = await turns(rested);
  expect(cool).toBeLessThan(hot / 4);
  expect(await turns((promise) => rested(promise, { cpu: true }))).toBeLessThan(cool / 2);
});

it('goes on with other tasks of the loop', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await rested(sleep(60));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
});
