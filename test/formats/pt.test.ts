// Rung: pure. Checkpoints that torch.save wrote, zips as large files have them, and pickles that want to run something.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { decodeStored, isFloatLike } from '../../src/formats/decode.ts';
import { openPt, type PtFile } from '../../src/formats/pt.ts';
import { ascii, fromBase64, golden, goldenPath, temporaryFolder, u8, u32, watchFiles } from './fixtures/bytes.ts';
import { pickled, zipBytes } from './fixtures/write_pt.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.pt');
const expected = JSON.parse(golden('tensors.json').toString()) as Record<string, { shape: number[]; values: string }>;

test('reads what torch.save wrote: every type, a view into a shared storage, a scalar, an empty tensor, _metadata', async () => {
  const { file, dims } = await openPt(goldenPath('tiny.pt'));
  expect(dims!.dims).toMatchObject({ n_mels: 80, n_vocab: 51864, n_text_layer: 4 });
  expect([...file.tensors.keys()]).toEqual(['weight', 'rows', 'bias', 'brain', 'ids', 'scalar', 'empty']);
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const tensor = file.tensors.get(name)!;
    expect(tensor.shape).toEqual(shape);
    const bytes = await file.read(tensor, 0, tensor.bytes);
    const floats = isFloatLike(tensor.type)
      ? decodeStored(tensor.type, bytes)
      : Float32Array.from(new BigInt64Array(bytes.buffer), Number);
    expect(floats, name).toEqual(new Float32Array(fromBase64(values)));
  }
  await file.close();
});

const { dict, text, int, tuple, global, tensor, file: pickleFile } = pickled;
const data = Float32Array.of(1, 2, 3, 4);
const storage = ['x/data/0', new Uint8Array(data.buffer)] as const;
const withPickle = (value: Buffer): Buffer => zipBytes([['x/data.pkl', pickleFile(value)], storage]);
const state = (...items: (readonly [string, Buffer])[]): Buffer => dict(['model_state_dict', dict(...items)]);
const good = state(['w', tensor('0', 'FloatStorage', 4, [2, 2])]);

async function open(bytes: Buffer): Promise<PtFile> {
  writeFileSync(path, bytes);
  return openPt(path);
}

describe.each([
  ['plain', { wide: false }],
  ['ZIP64', { wide: true }],
  ['partly ZIP64', { wide: 'offsets' }],
] as const)('%s zip', (_, options) => {
  test('tensors are found', async () => {
    const { file, dims } = await open(zipBytes([['x/data.pkl', pickleFile(good)], storage], options));
    expect(dims).toBeUndefined();
    expect(decodeStored('f32', await file.read(file.tensors.get('w')!, 4, 16))).toEqual(Float32Array.of(2, 3, 4));
    await file.close();
  });

  test('compressed entries are refused', async () => {
    const bytes = zipBytes([['x/data.pkl', pickleFile(good)], storage], { ...options, method: 8 });
    await expect(open(bytes)).rejects.toThrow(/stored because torch.save stores/);
  });
});

test('a bare state dict, appended lists and long integers are read too', async () => {
  const long = u8(0x8a, 1, 4); // LONG1 4
  const list = Buffer.concat([ascii(']'), int(1), ascii('a('), ascii('G'), Buffer.alloc(8), u8(0x88), ascii('e')]); // [1, 0.0, True]
  const id = tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), long);
  const args = tuple(Buffer.concat([id, ascii('Q')]), int(0), tuple(int(4)), tuple(int(1)), ascii('N'), list);
  const bare = Buffer.concat([ascii('}'), text('w'), global('torch._utils', '_rebuild_tensor_v2'), args, ascii('Rs')]);
  const { file, dims } = await open(withPickle(bare));
  expect(dims).toBeUndefined();
  expect(file.tensors.get('w')).toMatchObject({ type: 'f32', shape: [4], bytes: 16 });
  await file.close();
});

const call = (module: string, name: string): Buffer =>
  Buffer.concat([global(module, name), tuple(text('id')), ascii('R')]);

test.each<[string, Buffer, RegExp]>([
  ['os.system', state(['w', call('os', 'system')]), /at byte \d+ of the pickle, got global "os system"/],
  ['builtins.eval', call('builtins', 'eval'), /global "builtins eval"/],
  ['torch.load', call('torch', 'load'), /global "torch load"/],
  ['a storage called', call('torch', 'FloatStorage'), /call of torch FloatStorage/],
  ['an OrderedDict of arguments', call('collections', 'OrderedDict'), /call of collections OrderedDict/],
  ['a call of a string', Buffer.concat([text('os'), tuple(), ascii('R')]), /no global/],
  ['INST', ascii('(ios\nsystem\n'), /opcode 0x69/],
  ['STACK_GLOBAL', Buffer.concat([text('os'), text('system'), u8(0x93)]), /opcode 0x93/],
  ['REDUCE by extension code', u8(0x82, 1), /opcode 0x82/],
  ['a persistent id that is no storage', Buffer.concat([text('x'), ascii('Q')]), /persistent id/],
  ['an unknown storage', state(['w', tensor('0', 'QInt8Storage', 4, [4])]), /global "torch QInt8Storage"/],
  ['a later protocol', u8(0x80, 4), /protocol 4 instead of 2/],
  ['an empty stack', ascii('0'), /opcode 0x30/],
  ['a stack with nothing on it', ascii('}u'), /missing mark/],
  ['a memo never set', u8(0x68, 9), /memo 9/],
  ['a string beyond the end', Buffer.concat([ascii('X'), u32(0xffffffff)]), /end of the pickle/],
  ['a name without its end', ascii('cos'), /end of the pickle/],
  ['an integer of 9 bytes', Buffer.concat([u8(0x8a, 9), Buffer.alloc(9, 1)]), /integer of 9 bytes/],
  ['attributes of a number', Buffer.concat([int(1), int(2), ascii('b')]), /no dictionary/],
  ['a list', ascii(']'), /pickled dictionary/],
  ['a number for a tensor', state(['w', int(1)]), /w: expected a tensor/],
  ['a state dict by numbers', Buffer.concat([ascii('}'), int(1), int(2), ascii('s')]), /dictionary by names/],
  [
    'dims that are text',
    dict(['dims', dict(['n_mels', text('80')])], ['model_state_dict', dict()]),
    /n_mels to be a positive integer/,
  ],
  ['a storage that is not there', state(['w', tensor('7', 'FloatStorage', 4, [4])]), /data\/7 .* got no such entry/],
  [
    'a storage shorter than said',
    state(['w', tensor('0', 'FloatStorage', 5, [4])]),
    /5 elements of f32 .* got 16 bytes/,
  ],
  ['a tensor beyond its storage', state(['w', tensor('0', 'FloatStorage', 4, [2, 2], 1)]), /at element 1/],
  ['a negative extent', state(['w', tensor('0', 'FloatStorage', 4, [-1])]), /call of torch._utils/],
])('refuses %s', async (_, value, message) => {
  const { bytesAsked, leftOpen } = await watchFiles(async () => {
    const opened = open(withPickle(value));
    await expect(opened).rejects.toThrow(ModelFileError);
    await expect(opened).rejects.toThrow(message);
  });
  expect(leftOpen).toBe(0);
  expect(bytesAsked).toBeLessThan(1 << 17);
});

test('refuses a transposed view, a file from before torch 1.6, and zips that are no checkpoint', async () => {
  await expect(openPt(goldenPath('strided.pt'))).rejects.toThrow(/turned: expected a contiguous tensor/);
  await expect(openPt(goldenPath('legacy.pt'))).rejects.toThrow(/no zip/);
  await expect(open(zipBytes([['x/other', u8(1)]]))).rejects.toThrow(/one data.pkl .* got none/);
  const twice = zipBytes([
    ['x/data.pkl', u8(1)],
    ['y/data.pkl', u8(1)],
  ]);
  await expect(open(twice)).rejects.toThrow(/x\/data.pkl \(1\), y\/data.pkl \(1\)/);
  const again = zipBytes([
    ['x/data.pkl', u8(1)],
    ['x/data.pkl', u8(1)],
  ]);
  await expect(open(again)).rejects.toThrow(/repeated/);
  const large = zipBytes([['x/data.pkl', Buffer.alloc(2 << 20)]]);
  await expect(open(large)).rejects.toThrow(/at most 1048576 bytes .* got x\/data.pkl \(2097152\)/);
  const big = zipBytes([['x/data.pkl', pickleFile(good)], ['x/byteorder', ascii('big')], storage]);
  await expect(open(big)).rejects.toThrow(/byte order little, got "big"/);
});

test('a zip with a comment is still a zip', async () => {
  const bytes = withPickle(good);
  bytes[bytes.length - 2] = 5;
  await (await open(Buffer.concat([bytes, ascii('hello')]))).file.close();
  expect(readFileSync(path).subarray(-5).toString()).toBe('hello');
});
