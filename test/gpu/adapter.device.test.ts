// Rung: device. Which adapter is taken, and what is said when there is none.

import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { findAdapter } from '../../src/gpu/adapter.ts';

describe('[device] adapter', () => {
  it('one asked for by name that is not there is refused, naming those that are and what to install', async () => {
    const asked = findAdapter({ adapter: 'no such card' });
    await expect(asked).rejects.toThrow(AdapterError);
    await expect(asked).rejects.toThrow(/'no such card', got .+@sparticuz\/chromium.+lavapipe/);
  });

  it('SwiftShader comes out of its package', async () => {
    const { kind, adapter } = await findAdapter({ adapter: 'swiftshader' });
    expect(kind).toBe('swiftshader');
    expect(adapter.info.subgroupMinSize).toBe(4);
  });

  it('the null backend is given only by name', async () => {
    expect((await findAdapter({ adapter: 'null' })).kind).toBe('null');
    expect((await findAdapter()).kind).not.toBe('null');
  });
});
