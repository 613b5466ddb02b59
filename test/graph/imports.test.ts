// Rung: pure. Imports go one way through the house, and only src/gpu knows a GPUDevice.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** Each room with those it may import from, besides itself and the files at the top. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  formats: [],
  audio: [],
  output: [],
  text: [],
  ops: ['formats'],
  graph: ['ops', 'formats'],
  allocator: ['graph', 'ops'],
  gpu: ['allocator', 'graph', 'ops', 'formats'],
  whisper: ['gpu', 'allocator', 'graph', 'ops', 'formats', 'audio', 'text', 'output'],
  cli: ['whisper', 'gpu', 'allocator', 'graph', 'ops', 'formats', 'audio', 'text', 'output'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'/g)].map((m) => relative(SRC, join(SRC, dirname(file), m[1]!)));
}

describe('[pure] the house', () => {
  it('has no room that this test does not know', () => {
    const rooms = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/')[0]!));
    expect([...rooms].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${room} imports only from ${allowed.join(', ') || 'itself'}`, () => {
      const wrong = files
        .filter((f) => f.startsWith(`${room}/`))
        .flatMap((f) => importsOf(f).map((target) => ({ f, target })))
        .filter(({ target }) => target.includes('/') && ![room, ...allowed].includes(target.split('/')[0]!));
      expect(wrong).toEqual([]);
    });
  }

  it('only src/gpu names a GPUDevice', () => {
    const wrong = files.filter(
      (f) => !f.startsWith('gpu/') && /GPU(Device|Buffer|Adapter)\b/.test(readFileSync(join(SRC, f), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
