// Rung: pure. whisper.cpp files: header, vocabulary, every tensor type, and ggml's blocks as gguf computes them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { decodeStored, type FloatLikeType } from '../../src/formats/decode.ts';
import { openGgml } from '../../src/formats/ggml.ts';
import { ascii, f32, fromBase64, golden, temporaryFolder, u8, u32, watchFiles } from './fixtures/bytes.ts';
import { TINY } from './fixtures/tiny_whisper.ts';
import { GGML_VOCAB, ggmlHeader, ggmlTensor } from './fixtures/write_ggml.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.bin');

describe.each(
  Object.entries(
    JSON.parse(golden('ggml_blocks.json').toString()) as Record<string, { bytes: string; values: string }>,
  ),
)('%s', (type, { bytes, values }) => {
  const stored = new Uint8Array(fromBase64(bytes));
  const expected = new Float32Array(fromBase64(values));

  test('decodes to what the gguf package decodes it to', () => {
    expect(decodeStored(type as FloatLikeType, stored)).toEqual(expected);
  });

  test('decodes from any address', () => {
    const shifted = new Uint8Array(stored.length + 3);
    shifted.set(stored, 3);
    expect(decodeStored(type as FloatLikeType, shifted.subarray(3))).toEqual(expected);
  });

  test('is refused in part', () => {
    expect(() => decodeStored(type as FloatLikeType, stored.subarray(1))).toThrow(/whole units/);
  });
});

const tensors: readonly Buffer[] = [
  ggmlTensor('three', [2, 3, 4], 0, f32(...Array.from({ length: 24 }, (_, i) => i))),
  ggmlTensor('halves', [3], 1, u8(0, 0x3c, 0, 0x40, 0, 0xc2)),
  ggmlTensor('blocks', [2, 32], 8, Buffer.alloc(68)),
];

test('reads dimensions, mel filters, vocabulary and the table', async () => {
  writeFileSync(path, Buffer.concat([ggmlHeader(TINY, 'q8_0'), ...tensors]));
  const { file, dims, vocab, mel_filters } = await openGgml(path);
  expect(dims.dims).toEqual(TINY);
  expect(file.metadata).toEqual({ ftype: '2007' });
  expect(vocab.map((token) => [...token])).toEqual(GGML_VOCAB.map((token) => [...token]));
  expect(mel_filters).toEqual({ n_mels: 4, n_freqs: 3, data: Float32Array.from({ length: 12 }, (_, i) => i / 4) });
  expect([...file.tensors.values()].map(({ name, type, shape, bytes }) => [name, type, shape, bytes])).toEqual([
    ['three', 'f32', [2, 3, 4], 96],
    ['halves', 'f16', [3], 6],
    ['blocks', 'q8_0', [2, 32], 68],
  ]);
  const three = file.tensors.get('three')!;
  expect(decodeStored('f32', await file.read(three, 8, 16))).toEqual(Float32Array.of(2, 3));
  const halves = file.tensors.get('halves')!;
  expect(decodeStored('f16', await file.read(halves, 0, 6))).toEqual(Float32Array.of(1, 2, -3));
  await file.close();
});

test('a file without tensors is a header and a vocabulary', async () => {
  writeFileSync(path, ggmlHeader(TINY, 'f16'));
  const { file, vocab } = await openGgml(path);
  expect(file.tensors.size).toBe(0);
  expect(vocab.length).toBe(GGML_VOCAB.length);
  await file.close();
});

const header = ggmlHeader(TINY, 'f16');
const withHeader = (at: number, value: number): Buffer =>
  Buffer.concat([header.subarray(0, at), u32(value), header.subarray(at + 4)]);
const HUGE = 0x7fffffff;

test.each<[string, Buffer, RegExp]>([
  ['another magic', withHeader(0, 0x46554747), /magic 0x67676d6c at byte 0/],
  ['no layers', withHeader(20, 0), /n_audio_layer to be a positive integer, got 0/],
  ['a filter bank of 2^31 rows', withHeader(48, HUGE), /mel filter count in .* at byte 48/],
  ['a filter bank too wide', withHeader(52, HUGE), /mel filter length/],
  ['a vocabulary beyond the file', withHeader(104, HUGE), /vocabulary size .* at byte 104/],
  ['a token beyond the file', withHeader(108, 4095), /4095 bytes of token at byte 112/],
  ['a token of 2^31 bytes', withHeader(108, HUGE), /token length/],
  ['five dimensions', Buffer.concat([header, u32(5, 1, 0)]), /number of dimensions in 0..4/],
  ['a name of 2^31 bytes', Buffer.concat([header, u32(1, HUGE, 0)]), /name length/],
  ['an unknown type', Buffer.concat([header, u32(1, 1, 12, 4), ascii('a')]), /tensor type 0 \(f32\).* got 12/],
  ['an extent of zero', Buffer.concat([header, u32(1, 1, 0, 0), ascii('a')]), /extent in 1/],
  ['rows that are no blocks', Buffer.concat([header, u32(2, 1, 2, 48, 2), ascii('a')]), /whole blocks of 32/],
  [
    'data beyond the file',
    Buffer.concat([header, u32(4, 1, 0, HUGE, HUGE, HUGE, HUGE), ascii('a')]),
    /data of tensor a/,
  ],
  ['a tensor twice', Buffer.concat([header, tensors[1]!, tensors[1]!]), /halves again at byte/],
])('refuses %s', async (_, bytes, message) => {
  writeFileSync(path, bytes);
  const { bytesAsked, leftOpen } = await watchFiles(async () => {
    const opened = openGgml(path);
    await expect(opened).rejects.toThrow(ModelFileError);
    await expect(opened).rejects.toThrow(message);
  });
  expect(leftOpen).toBe(0);
  expect(bytesAsked).toBeLessThan(1 << 17);
});
