// Rung: pure. Pickles of checkpoints: programs out of the opcodes that the reader knows, in any order, and values that contain themselves
// or share their parts without end.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ascii, temporaryFolder, u8, u16, u32 } from './fixtures/bytes.ts';
import { expectHarmless, type Outcome, readModel } from './fixtures/harmless.ts';
import { TINY, tinyState } from './fixtures/tiny_whisper.ts';
import { pickled, zipBytes } from './fixtures/write_pt.ts';
import { encodeFloats } from './fixtures/write_safetensors.ts';

const path = join(temporaryFolder(), 'model.pt');
const { text, int, global, tuple, dict, file, tensor } = pickled;

/** Opens a checkpoint with this pickle, beside one storage of 64 elements. */
function open(pickle: Uint8Array, what: string): Promise<Outcome> {
  writeFileSync(path, zipBytes([['x/data.pkl', pickle], ['x/data/0', new Uint8Array(128)]])); // biome-ignore format: pairs
  return expectHarmless(what, () => readModel(path));
}

/** Opcodes with operands: of values, of containers, of the memo, of torch. */
const OPCODE = fc.oneof(
  fc.constantFrom(...'()]}N\x88\x89tue\x85\x86\x87asQRb').map(ascii),
  fc.integer({ min: -2, max: 70 }).map((value) => int(value >>> 0)),
  fc.constantFrom(0, 1, 64, 255).map((value) => u8(0x4b, value)), // BININT1
  fc.constantFrom(2, 65535).map((value) => Buffer.concat([ascii('M'), u16(value)])), // BININT2
  fc.constantFrom(0, 1, 8, 9, 255).map((length) => Buffer.concat([u8(0x8a, length), Buffer.alloc(length & 15, 0xff)])), // LONG1
  fc
    .constantFrom('dims', 'model_state_dict', 'storage', '0', 'cpu', 'n_mels', 'encoder.conv1.bias', '__proto__')
    .map(text),
  fc.nat(3).map((slot) => u8(0x71, slot)), // BINPUT
  fc.nat(3).map((slot) => u8(0x68, slot)), // BINGET
  fc.constantFrom(0, 2 ** 31, 0xffffffff).map((slot) => Buffer.concat([ascii('r'), u32(slot)])), // LONG_BINPUT
  fc.constantFrom(
    global('torch', 'HalfStorage'),
    global('collections', 'OrderedDict'),
    global('torch._utils', '_rebuild_tensor_v2'),
    global('os', 'system'),
  ),
  fc.constantFrom(
    tensor('0', 'HalfStorage', 64, [64]),
    tensor('0', 'HalfStorage', 64, [0x7fffffff, 0x7fffffff, 0x7fffffff]),
    tensor('0', 'HalfStorage', 64, [2], 0x7fffffff),
    tensor('1', 'FloatStorage', 64, []),
  ),
);

test('programs in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(OPCODE, { maxLength: 40 }), fc.boolean(), async (program, stops) => {
      const pickle = Buffer.concat([u8(0x80, 2), ...program, ascii(stops ? '.' : '')]);
      await open(pickle, pickle.toString('latin1'));
    }),
    { numRuns: 1000 },
  );
});

test('values in the places of a checkpoint that should be others', async () => {
  const value = fc.oneof(fc.array(OPCODE, { minLength: 1, maxLength: 6 }).map(Buffer.concat), OPCODE);
  const name = fc.constantFrom('dims', 'model_state_dict', 'n_mels', 'encoder.conv1.bias', '');
  await fc.assert(
    fc.asyncProperty(name, value, name, value, async (first, one, second, other) => {
      const pickle = file(dict(['dims', dict([first, one])], ['model_state_dict', dict([second, other])]));
      await open(pickle, pickle.toString('latin1'));
    }),
    { numRuns: 500 },
  );
});

const DIMS = Object.entries(TINY).filter(([name]) => name !== 'n_mels');
const STATE = [...tinyState()];

/** A checkpoint that is sound but for `n_mels`. */
function checkpoint(nMels: Buffer): Buffer {
  const numbers = DIMS.map(([name, value]) => [name, int(value)] as const);
  const tensors = STATE.map(
    ([name, { shape, values }], i) => [name, tensor(`${i}`, 'HalfStorage', values.length, shape)] as const,
  );
  const pickle = file(dict(['dims', dict(['n_mels', nMels], ...numbers)], ['model_state_dict', dict(...tensors)]));
  const storages = STATE.map(([, { values }], i) => [`x/data/${i}`, encodeFloats(values, 'f16')] as const);
  return zipBytes([['x/data.pkl', pickle], ...storages]);
}

test.each<[string, Buffer]>([
  ['a list that holds itself', Buffer.concat([ascii(']q\x05'), ascii('h\x05a')])],
  [
    'a list of a list, a hundred thousand times',
    Buffer.concat([ascii(']'.repeat(100_000)), ascii('a'.repeat(99_999))]),
  ],
  [
    'pairs of one pair, 2^60 in all',
    Buffer.concat([int(1), ...Array.from({ length: 60 }, () => ascii('q\x05h\x05\x86'))]),
  ],
  ['a tensor', tensor('0', 'HalfStorage', 2, [2])],
])('%s for a dimension', async (what, value) => {
  writeFileSync(path, checkpoint(int(TINY.n_mels)));
  expect(await expectHarmless('a sound one', () => readModel(path))).toBe('read');
  writeFileSync(path, checkpoint(value));
  expect(await expectHarmless(what, () => readModel(path))).toBe('refused');
});

test('such values for a name, a shape and a whole checkpoint', async () => {
  const self = Buffer.concat([ascii(']q\x05'), ascii('h\x05a')]);
  const storage = Buffer.concat([
    tuple(text('storage'), global('torch', 'HalfStorage'), text('0'), text('cpu'), int(64)),
    ascii('Q'),
  ]);
  const view = (shape: Buffer) =>
    Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), tuple(storage, int(0), shape, shape), ascii('R')]);
  for (const pickle of [
    file(self),
    file(dict(['a', view(self)])),
    file(Buffer.concat([ascii('}'), self, int(1), ascii('s')])),
  ]) {
    expect(await open(pickle, pickle.toString('latin1'))).toBe('refused');
  }
});
