// Rung: pure. Readers of binary formats on damaged files: fields that claim to be huge, bits that flip, ends that are missing, in every
// variant of every format. malformed.test.ts does the same to one variant each, boundary by boundary.

import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelDimensions } from '../../src/formats/dims.ts';
import { ownMetadata, quantizedEntries } from '../../src/formats/own_format.ts';
import { quantizeRows, type Scheme } from '../../src/formats/quantize.ts';
import { writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import { f32, temporaryFolder, u32, u64 } from './fixtures/bytes.ts';
import { expectHarmless, type Outcome, readModel } from './fixtures/harmless.ts';
import { TINY, tinyState } from './fixtures/tiny_whisper.ts';
import { ctranslate2File } from './fixtures/write_ctranslate2.ts';
import { ggmlFile, ggmlHeader } from './fixtures/write_ggml.ts';
import { ptFile } from './fixtures/write_pt.ts';
import { floatEntry, huggingFaceEntries } from './fixtures/write_safetensors.ts';

const SMALL: ModelDimensions = { ...TINY, n_text_layer: 1 };
const state = tinyState(SMALL, 1 / 8); // steps that every ggml type has
const folder = temporaryFolder();
const path = join(folder, 'model');

async function safetensorsBytes(entries: Parameters<typeof writeSafetensors>[1], metadata?: Record<string, string>) {
  await writeSafetensors(path, entries, metadata);
  return readFileSync(path);
}

/** Our own file: matrices in `scheme`, the rest f32. */
async function ownBytes(scheme: Scheme): Promise<Buffer> {
  const entries = [...state].flatMap(([name, each]) => {
    const [rows, ...inner] = each.shape as readonly [number, ...number[]];
    const k = inner.reduce((a, b) => a * b, 1);
    if (inner.length !== 1 || name.includes('positional')) return floatEntry(name, each, 'f32');
    return quantizedEntries(name, scheme, rows, k, async function* () {
      yield quantizeRows(scheme, each.values, k);
    });
  });
  return safetensorsBytes(entries, { ...ownMetadata(SMALL) });
}

const VARIANTS: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ['safetensors f32', () => safetensorsBytes(huggingFaceEntries(state, 'f32'))],
  ['safetensors bf16', () => safetensorsBytes(huggingFaceEntries(state, 'bf16', ''))],
  ...(['int8', 'int6', 'int4'] as const).map((scheme) => [`ours ${scheme}`, () => ownBytes(scheme)] as const),
  ...(['f32', 'f16', 'q4_0', 'q4_1', 'q5_0', 'q5_1'] as const).map((type) => {
    return [`ggml ${type}`, async () => ggmlFile(SMALL, state, type)] as const;
  }),
  ...(['f16', 'i16', 'i8'] as const).map((type) => {
    return [`ctranslate2 ${type}`, async () => ctranslate2File(SMALL, state, type)] as const;
  }),
  ['pt', async () => ptFile(SMALL, state)],
  ['pt, wide zip', async () => ptFile(SMALL, state, { wide: true })],
  ['pt, a bare state', async () => ptFile(undefined, state)],
];

/** Numbers that lengths, counts, offsets and extents should not be, in every width. */
const HUGE: readonly Buffer[] = [
  ...[0xffffffff, 0x7fffffff, 0x80000000, 0x40000000, 0x00ffffff, 0].map((value) => u32(value)),
  ...[2 ** 63, 2 ** 53, 2 ** 40, 2 ** 32].map(u64),
  Buffer.from([0xff, 0xff]),
  Buffer.from([0xff]),
  f32(Number.NaN, Number.POSITIVE_INFINITY),
  Buffer.from('9007199254740993'), // where a number stands as text
];

describe.each(VARIANTS)('%s', (name, make) => {
  let whole: Buffer;
  /** Offsets outside the tensors' data, which is most of the file. */
  let described: readonly number[];
  beforeAll(async () => {
    whole = await make();
    writeFileSync(path, whole);
    const { file } = await openModel(path);
    const data = new Uint8Array(whole.length);
    for (const { offset, bytes } of file.tensors.values()) data.fill(1, offset, offset + bytes);
    await file.close();
    described = [...data.keys()].filter((at) => data[at] === 0);
    expect(await harmless(whole, name)).toBe('read');
  });

  const harmless = (bytes: Uint8Array, what: string): Promise<Outcome> => {
    writeFileSync(path, bytes);
    return expectHarmless(what, () => readModel(path));
  };

  test('numbers made huge', async () => {
    const place = fc.nat(described.length - 1).map((i) => described[i]!);
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(...HUGE), async (at, value) => {
        const damaged = Buffer.from(whole);
        damaged.set(value.subarray(0, damaged.length - at), at);
        await harmless(damaged, `${value.toString('hex')} at ${at}`);
      }),
      { numRuns: 150 },
    );
  });

  test('cut, and bits flipped anywhere', async () => {
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(7)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(flips, fc.option(fc.nat(whole.length - 1), { freq: 3 }), async (bits, length) => {
        const damaged = Buffer.from(whole);
        for (const [at, bit] of bits) damaged[at]! ^= 1 << bit;
        const outcome = await harmless(damaged.subarray(0, length ?? whole.length), `${bits} cut at ${length}`);
        if (length !== null) expect(outcome).toBe('refused');
      }),
      { numRuns: 60 },
    );
  });
});

describe('files whose end is far', () => {
  /** A file of 3 GB that takes no room on the disk: `bytes`, then zeros. */
  const sparse = async (bytes: Buffer, what: string): Promise<void> => {
    writeFileSync(path, bytes);
    truncateSync(path, 3e9);
    expect(await expectHarmless(what, () => readModel(path))).toBe('refused');
  };

  test('a header of 99 MB, vocabularies of empty tokens', async () => {
    await sparse(Buffer.concat([u64(99_000_000), Buffer.from('{"a": ')]), 'a safetensors header of 99 MB');
    const tokens = ggmlHeader(SMALL, 'f16').subarray(0, 104); // up to the size of the vocabulary
    await sparse(Buffer.concat([tokens, u32(2 ** 28)]), 'a vocabulary of 2^28 empty tokens');
    await sparse(Buffer.concat([tokens, u32(1 << 17)]), 'a vocabulary of 2^17 empty tokens');
  });

  test('JSON beside a model', async () => {
    const beside = join(folder, 'beside');
    mkdirSync(beside);
    writeFileSync(join(beside, 'model.safetensors'), await safetensorsBytes(huggingFaceEntries(state, 'f16')));
    writeFileSync(join(beside, 'config.json'), '{');
    truncateSync(join(beside, 'config.json'), 3e9);
    await expect(openModel(beside)).rejects.toThrow(ModelFileError);
    expect(await expectHarmless('config.json of 3 GB', () => readModel(beside))).toBe('refused');
  });
});
