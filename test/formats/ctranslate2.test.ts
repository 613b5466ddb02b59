// Rung: pure. CTranslate2 files: one that ctranslate2 wrote (int8 and f16, fused projections, an alias), and ours that
// lie.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { openCTranslate2, readCTranslate2Vocab } from '../../src/formats/ctranslate2.ts';
import { openModel } from '../../src/formats/detect.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { ascii, f32, golden, goldenPath, temporaryFolder, u8, u32, watchFiles } from './fixtures/bytes.ts';
import { ctranslate2Bytes } from './fixtures/write_ctranslate2.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.bin');

test('reads the weights of a model that ctranslate2 wrote in int8_float16', async () => {
  const model = await openModel(goldenPath('ct2'));
  const expected = JSON.parse(golden('ct2/expected.json').toString()) as Record<string, string>;
  expect([...model.tensors.keys()].sort()).toEqual(Object.keys(expected));
  for (const [name, sha256] of Object.entries(expected)) {
    const values = await readRowsF32(model, name);
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'), name).toBe(sha256);
  }
  expect(model.dims).toEqual({
    n_mels: 4,
    n_audio_ctx: 6,
    n_audio_state: 32,
    n_audio_head: 2,
    n_audio_layer: 1,
    n_vocab: 9,
    n_text_ctx: 5,
    n_text_state: 32,
    n_text_head: 2,
    n_text_layer: 1,
  });
  expect(model.tensors.get('decoder.token_embedding.weight')!.coding).toBe('row_i8');
  const [key, value] = ['key', 'value'].map((part) => model.tensors.get(`encoder.blocks.0.attn.${part}.weight`)!);
  expect([key!.rowBegin, key!.rowEnd, value!.rowBegin, value!.rowEnd]).toEqual([32, 64, 64, 96]);
  expect(model.file.metadata).toMatchObject({ 'encoder/num_heads': '2', 'decoder/activation': '3' });
  expect(model.config).toHaveProperty('suppress_ids');
  await model.file.close();
});

test('spells the vocabulary in bytes, from JSON or from lines', async () => {
  const expected = ['!', 'a', ' the', '\n', '€', '<|endoftext|>', '<|0.00|>', '<|0.02|>', '<|0.04|>'].map((text) => [
    ...Buffer.from(text),
  ]);
  const fromJson = await readCTranslate2Vocab(goldenPath('ct2'));
  expect(fromJson!.map((token) => [...token])).toEqual(expected);
  writeFileSync(join(folder, 'vocabulary.txt'), '!\na\nĠthe\nĊ\nâĤ¬\n<|endoftext|>\n<|0.00|>\n<|0.02|>\n<|0.04|>\n');
  expect((await readCTranslate2Vocab(folder))!.map((token) => [...token])).toEqual(expected);
  // All bytes, by the definition of bytes_to_unicode in openai/gpt-2's encoder.py.
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !printable(byte));
  const letters = bytes.map((byte) => String.fromCodePoint(printable(byte) ? byte : 256 + others.indexOf(byte)));
  writeFileSync(join(folder, 'vocabulary.txt'), letters.join(''));
  expect([...(await readCTranslate2Vocab(folder))![0]!]).toEqual(bytes);
  mkdirSync(join(folder, 'none'));
  expect(await readCTranslate2Vocab(join(folder, 'none'))).toBeUndefined();
  for (const [text, message] of [
    ['["a", 7]', /token 1 .* got 7/],
    ['["a", "\u20ac"]', /token 1/],
    ['{}', /array of tokens/],
  ] as const) {
    writeFileSync(join(folder, 'vocabulary.json'), text);
    await expect(readCTranslate2Vocab(folder)).rejects.toThrow(message);
  }
});

const variable = (name: string, values: readonly number[]) => ({
  name,
  shape: [values.length],
  type: 'f32',
  data: f32(...values),
});
const a = variable('a', [1, 2]);
const header = ctranslate2Bytes([], []).subarray(0, -8); // up to the number of variables
const attribute = { name: 'encoder/num_heads', shape: [], type: 'f16', data: u8(0, 0x40) };

test('aliases are tensors over the same bytes, with their scales; scalars are metadata', async () => {
  const scale = { ...variable('a_scale', [3]), shape: [] };
  writeFileSync(path, ctranslate2Bytes([a, scale, attribute], [['b', 'a']]));
  const { file, dims } = await openCTranslate2(path);
  expect([...file.tensors.keys()]).toEqual(['a', 'a_scale', 'b', 'b_scale']);
  expect(file.tensors.get('b')).toEqual({ ...file.tensors.get('a'), name: 'b' });
  expect(file.tensors.get('b_scale')!.offset).toBe(file.tensors.get('a_scale')!.offset);
  expect(file.metadata).toEqual({ 'encoder/num_heads': '2' });
  expect(dims.dims).toEqual({ n_audio_head: 2 });
  await file.close();
});

test.each<[string, Buffer, RegExp]>([
  ['another version', ctranslate2Bytes([a], [], 5), /binary version 6 of WhisperSpec at byte 0, got version 5/],
  ['another model', ctranslate2Bytes([a], [], 6, 'TransformerSpec'), /got version 6 of "TransformerSpec"/],
  [
    'an unknown type',
    Buffer.concat([header, u32(1), u8(2, 0), ascii('a\0'), u8(0, 9), u32(4)]),
    /got type 9 \(unknown\)/,
  ],
  ['a byte count that lies', ctranslate2Bytes([{ ...a, shape: [3] }], []), /\[3\] of 8 bytes/],
  [
    '255 huge extents',
    Buffer.concat([header, u32(1), u8(2, 0), ascii('a\0'), u8(255), Buffer.alloc(1020, 255), u8(0), u32(4)]),
    /of its shape/,
  ],
  ['data beyond the file', ctranslate2Bytes([a], []).subarray(0, -6), /8 bytes of data of a at byte/],
  ['2^32 variables', Buffer.concat([header, u32(0xffffffff)]), /variable name at byte/],
  ['a variable twice', ctranslate2Bytes([a, a], []), /a again/],
  ['an alias of nothing', ctranslate2Bytes([a], [['b', 'c']]), /alias b of a variable at byte \d+, got c/],
  ['an alias that is a variable', ctranslate2Bytes([a, variable('b', [1])], [['b', 'a']]), /b again/],
  [
    'no heads',
    ctranslate2Bytes([{ ...attribute, data: u8(0, 0) }], []),
    /n_audio_head to be a positive integer, got 0/,
  ],
  ['trailing bytes', Buffer.concat([ctranslate2Bytes([a], []), u8(0)]), /end of the file at byte \d+, got 1 more/],
])('refuses %s', async (_, bytes, message) => {
  writeFileSync(path, bytes);
  const { bytesAsked, leftOpen } = await watchFiles(async () => {
    const opened = openCTranslate2(path);
    await expect(opened).rejects.toThrow(ModelFileError);
    await expect(opened).rejects.toThrow(message);
  });
  expect(leftOpen).toBe(0);
  expect(bytesAsked).toBeLessThan(1 << 17);
});
