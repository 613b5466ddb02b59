// Rung: pure. Where results go: whole files or none, and streams.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { type OutputFormat, writeResult } from '../../src/output/index.ts';
import { segment } from './fixtures/results.ts';

const result = { text: ' Héllo', segments: [segment({ text: ' Héllo' })], language: 'en' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whisper-wgsl-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a file is made, and replaced, with nothing beside it', async () => {
  const path = join(folder, 'a.txt');
  await writeFile(path, 'something much longer than the result');
  await writeResult(result, 'txt', path);
  await writeResult(result, 'srt', join(folder, 'a.srt'));
  expect(await readFile(path, 'utf8')).toBe('Héllo\n');
  expect(await readFile(join(folder, 'a.srt'), 'utf8')).toBe('1\n00:00:00,000 --> 00:00:01,000\nHéllo\n\n');
  expect((await readdir(folder)).sort()).toEqual(['a.srt', 'a.txt']);
});

test('a link stays, and what it leads to is written', async () => {
  const path = join(folder, 'real.txt');
  await writeFile(path, '');
  await symlink(path, join(folder, 'link.txt'));
  await writeResult(result, 'txt', join(folder, 'link.txt'));
  expect(await readFile(path, 'utf8')).toBe('Héllo\n');
  expect((await readdir(folder)).sort()).toEqual(['link.txt', 'real.txt']);
});

test('a result that cannot be rendered leaves the old file', async () => {
  const path = join(folder, 'a.srt');
  await writeFile(path, 'old');
  const broken = { ...result, segments: [segment({ start: Number.NaN })] };
  await expect(writeResult(broken, 'srt', path)).rejects.toThrow(OptionError);
  await expect(writeResult(result, 'docx' as OutputFormat, path)).rejects.toThrow(OptionError);
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.srt']);
});

test('folders, pipes and missing folders are refused, and left alone', async () => {
  await mkdir(join(folder, 'sub'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const name of ['sub', 'pipe']) {
    await expect(writeResult(result, 'txt', join(folder, name))).rejects.toThrow(/expected a file/);
  }
  await expect(writeResult(result, 'txt', join(folder, 'none', 'a.txt'))).rejects.toThrow(
    /expected a folder that can be written, got ENOENT/,
  );
  expect((await readdir(folder)).sort()).toEqual(['pipe', 'sub']);
});

test('a stream gets the text and stays open', async () => {
  const stream = new PassThrough();
  await writeResult(result, 'txt', stream);
  await writeResult(result, 'tsv', stream);
  expect(stream.listenerCount('error')).toBe(0);
  stream.end();
  expect(await text(stream)).toBe('Héllo\nstart\tend\ttext\n0\t1000\tHéllo\n');
});

test('a failing stream rejects and throws nowhere else', async () => {
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('disk full'));
    },
  });
  await expect(writeResult(result, 'txt', stream)).rejects.toThrow('disk full');
  await expect(writeResult(result, 'txt', stream)).rejects.toThrow(); // it is destroyed now
});
