// Rung: pure. Reading what the safetensors package wrote, our writer against our reader, shards, and files that lie.

import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelFileError, OptionError } from '../../src/errors.ts';
import { decodeStored, isFloatLike } from '../../src/formats/decode.ts';
import { openSafetensors, openShardedSafetensors } from '../../src/formats/safetensors.ts';
import { type SafetensorsEntry, writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import { ascii, fromBase64, golden, goldenPath, temporaryFolder, u64, watchFiles } from './fixtures/bytes.ts';

const folder = temporaryFolder();
const expected = JSON.parse(golden('tensors.json').toString()) as Record<string, { shape: number[]; values: string }>;

test('reads what the safetensors package wrote', async () => {
  const file = await openSafetensors(goldenPath('tiny.safetensors'));
  expect(file.metadata).toEqual({ format: 'pt', made: 'here' });
  expect([...file.tensors.keys()].sort()).toEqual([...Object.keys(expected), 'codes'].sort());
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const tensor = file.tensors.get(name)!;
    expect(tensor.shape).toEqual(shape);
    const bytes = await file.read(tensor, 0, tensor.bytes);
    const floats = isFloatLike(tensor.type) ? decodeStored(tensor.type, bytes) : Float32Array.of(0, 1, 2, 3, 4);
    expect(floats).toEqual(new Float32Array(fromBase64(values)));
  }
  const codes = file.tensors.get('codes')!;
  expect(new Int8Array((await file.read(codes, 1, 7)).buffer)).toEqual(Int8Array.of(-2, -1, 0, 1, 2, 3));
  await expect(file.read(codes, 0, 8)).rejects.toThrow(OptionError);
  await file.close();
  await expect(file.read(codes, 0, 1)).rejects.toThrow(/closed/);
});

const entry = (name: string, bytes: Uint8Array, pieces = 1): SafetensorsEntry => ({
  name,
  type: 'u8',
  shape: [bytes.length],
  async *bytes() {
    for (let i = 0; i < pieces; i++) {
      yield bytes.subarray((i * bytes.length) / pieces, ((i + 1) * bytes.length) / pieces);
    }
  },
});

test('what the writer wrote, the reader reads: names, order, metadata, streamed pieces', async () => {
  const path = join(folder, 'written.safetensors');
  const data = Uint8Array.from({ length: 300 }, (_, i) => i);
  const scalar: SafetensorsEntry = { name: 'scalar', type: 'i64', shape: [], bytes: () => [new Uint8Array(8).fill(7)] };
  const empty: SafetensorsEntry = { name: 'empty', type: 'f32', shape: [0, 4], bytes: () => [] };
  await writeSafetensors(path, [scalar, entry('a "ü"', data, 3), empty, entry('b', data)], { key: 'value' });
  const raw = readFileSync(path);
  expect(Number(raw.readBigUInt64LE(0)) % 8).toBe(0);
  const file = await openSafetensors(path);
  expect(file.metadata).toEqual({ key: 'value' });
  expect([...file.tensors.keys()]).toEqual(['scalar', 'a "ü"', 'empty', 'b']);
  for (const name of ['a "ü"', 'b']) {
    const tensor = file.tensors.get(name)!;
    expect(await file.read(tensor, 0, 300)).toEqual(data);
  }
  await file.close();
});

test('a failed write leaves the path as it was, and nothing beside it', async () => {
  const path = join(folder, 'kept.safetensors');
  await writeSafetensors(path, [entry('old', new Uint8Array(8))]);
  const before = readFileSync(path);
  const listing = readdirSync(folder);
  const broken = new Error('producer');
  const failing: SafetensorsEntry = {
    ...entry('x', new Uint8Array(4)),
    bytes() {
      throw broken;
    },
  };
  const attempts: readonly (readonly [readonly SafetensorsEntry[], unknown])[] = [
    [[entry('x', new Uint8Array(4)), failing], OptionError], // the name twice
    [[failing], broken],
    [[{ ...entry('x', new Uint8Array(4)), shape: [5] }], /expected 5 bytes/],
    [[{ ...entry('x', new Uint8Array(4)), shape: [3] }], /expected 3 bytes/],
    [[{ ...entry('x', new Uint8Array(4)), shape: [-4] }], OptionError],
    [[entry('__metadata__', new Uint8Array(4))], OptionError],
  ];
  for (const [entries, error] of attempts) {
    const { leftOpen } = await watchFiles(() =>
      expect(writeSafetensors(path, entries)).rejects.toThrow(error as Error),
    );
    expect(leftOpen).toBe(0);
    expect(readdirSync(folder)).toEqual(listing);
    expect(readFileSync(path)).toEqual(before);
  }
  await expect(writeSafetensors(join(folder, 'no', 'such.safetensors'), [])).rejects.toThrow(ModelFileError);
});

/** A file with any header text, and so many data bytes. */
function raw(name: string, header: unknown, dataBytes: number): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text), Buffer.alloc(dataBytes)]));
  return path;
}
const u8Tensor = (begin: number, end: number): unknown => ({
  dtype: 'U8',
  shape: [end - begin],
  data_offsets: [begin, end],
});

test.each<[string, unknown, number, RegExp]>([
  ['a hole', { a: u8Tensor(0, 4), b: u8Tensor(5, 8) }, 8, /next tensor at byte/],
  ['an overlap', { a: u8Tensor(0, 5), b: u8Tensor(4, 8) }, 8, /next tensor at byte/],
  ['trailing bytes', { a: u8Tensor(0, 4) }, 5, /file to end at byte/],
  ['a cut file', { a: u8Tensor(0, 4) }, 3, /data_offsets inside the 3 bytes/],
  ['an unknown dtype', { a: { dtype: 'F8_E5M2', shape: [1], data_offsets: [0, 1] } }, 1, /dtype one of F32/],
  ['a shape that lies', { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4, /expected 8 bytes/],
  [
    'a shape beyond all numbers',
    { a: { dtype: 'F32', shape: [1e15, 1e15, 0], data_offsets: [0, 4] } },
    4,
    /expected 0 bytes/,
  ],
  ['a negative extent', { a: { dtype: 'U8', shape: [-1, -4], data_offsets: [0, 4] } }, 4, /arrays of sizes/],
  ['a fractional offset', { a: { dtype: 'U8', shape: [4], data_offsets: [0.5, 4.5] } }, 5, /arrays of sizes/],
  ['offsets in reverse', { a: { dtype: 'U8', shape: [0], data_offsets: [4, 0] } }, 4, /data_offsets inside/],
  ['metadata with a number', { __metadata__: { a: 1 }, a: u8Tensor(0, 1) }, 1, /map strings to strings/],
  ['an array for a header', [], 0, /JSON object/],
  ['null for a tensor', { a: null }, 0, /dtype one of/],
  ['no JSON', '{"a":', 0, /expected JSON/],
  ['deep nesting', '['.repeat(200_000), 0, /expected JSON/],
])('refuses %s', async (_, header, dataBytes, message) => {
  const path = raw('bad.safetensors', header, dataBytes);
  const { leftOpen } = await watchFiles(async () => {
    const opened = openSafetensors(path);
    await expect(opened).rejects.toThrow(ModelFileError);
    await expect(opened).rejects.toThrow(message);
  });
  expect(leftOpen).toBe(0);
});

test('refuses a header length beyond the file before reading it', async () => {
  const path = join(folder, 'long.safetensors');
  for (const length of [9, 2 ** 40, 2 ** 53]) {
    writeFileSync(path, Buffer.concat([u64(length), ascii('{"a":1}')]));
    const { bytesAsked } = await watchFiles(() => expect(openSafetensors(path)).rejects.toThrow(/header length/));
    expect(bytesAsked).toBe(8);
  }
  writeFileSync(path, 'short');
  await expect(openSafetensors(path)).rejects.toThrow(/at least 8 bytes/);
});

test('a file that shrinks after it was opened is an error, and the rest still reads', async () => {
  const path = join(folder, 'shrunk.safetensors');
  await writeSafetensors(path, [entry('a', new Uint8Array(8)), entry('b', new Uint8Array(8))]);
  const file = await openSafetensors(path);
  const [a, b] = ['a', 'b'].map((name) => file.tensors.get(name)!);
  truncateSync(path, b!.offset + 3);
  expect((await file.read(a!, 0, 8)).length).toBe(8);
  await expect(file.read(b!, 0, 8)).rejects.toThrow(/8 bytes at byte \d+ because the file had \d+ when it was opened/);
  await file.close();
});

test('shards are one table; an index that disagrees with them is refused', async () => {
  const index = join(folder, 'model.safetensors.index.json');
  const [one, two] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  await writeSafetensors(join(folder, one), [entry('a', Uint8Array.of(1, 2)), entry('b', Uint8Array.of(3))]);
  await writeSafetensors(join(folder, two), [entry('c', Uint8Array.of(4))]);
  const withMap = (map: unknown): void => writeFileSync(index, JSON.stringify({ weight_map: map }));
  withMap({ a: one, c: two, b: one });
  const file = await openShardedSafetensors(index);
  const bytes = await Promise.all(
    ['a', 'b', 'c'].map((name) => file.read(file.tensors.get(name)!, 0, file.tensors.get(name)!.bytes)),
  );
  expect(bytes.map((each) => [...each])).toEqual([[1, 2], [3], [4]]);
  await file.close();
  for (const [map, message] of [
    [{ a: one, b: one }, undefined], // shard two is not named: its tensor is not the index's
    [{ a: one, b: one, c: two, d: two }, /tensor d in/],
    [{ a: one, c: two }, /only tensors that/],
    [{ a: one, b: two, c: two }, /only tensors that/],
    [{ a: one, b: one, c: `../${two}` }, /same folder/],
    [{ a: one, b: one, c: 'model-3.safetensors' }, /readable model file/],
    [[], /weight_map/],
  ] as const) {
    withMap(map);
    const { leftOpen } = await watchFiles(async () => {
      if (message) await expect(openShardedSafetensors(index)).rejects.toThrow(message);
      else await (await openShardedSafetensors(index)).close();
    });
    expect(leftOpen).toBe(0);
  }
});
