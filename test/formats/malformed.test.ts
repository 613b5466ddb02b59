// Rung: pure. Damaged model files of every format: cut anywhere they are refused, with bytes changed they are refused
// or read, and never do the readers hang, leave a file open, or ask for more memory than a small file's worth.

import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelDimensions } from '../../src/formats/dims.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import { ascii, temporaryFolder, u8, u32, u64, watchFiles } from './fixtures/bytes.ts';
import { huggingFaceConfig, TINY, tinyState } from './fixtures/tiny_whisper.ts';
import { ctranslate2Bytes, ctranslate2File } from './fixtures/write_ctranslate2.ts';
import { ggmlFile, ggmlHeader } from './fixtures/write_ggml.ts';
import { ptFile } from './fixtures/write_pt.ts';
import { huggingFaceEntries } from './fixtures/write_safetensors.ts';

const folder = temporaryFolder();
const path = join(folder, 'model');
const SMALL: ModelDimensions = { ...TINY, n_audio_state: 32, n_text_state: 32, n_text_layer: 1 };
const state = tinyState(SMALL);
const MOST_MEMORY = 4 << 20; // bytes asked for in one attempt to open; the files have some 60 KB

/** Open, and read a row of every tensor if that succeeds. Returns the error, if any. */
async function attempt(bytes: Uint8Array): Promise<unknown> {
  writeFileSync(path, bytes);
  try {
    const model = await openModel(path);
    try {
      for (const name of model.tensors.keys()) await readRowsF32(model, name, 0, 1);
    } finally {
      await model.file.close();
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function expectHarmless(bytes: Uint8Array, mustFail: boolean, what: string): Promise<void> {
  let error: unknown;
  const { bytesAsked, leftOpen } = await watchFiles(async () => {
    error = await attempt(bytes);
  });
  if (mustFail || error !== undefined) expect(error, what).toBeInstanceOf(ModelFileError);
  expect(leftOpen, what).toBe(0);
  expect(bytesAsked, what).toBeLessThan(MOST_MEMORY);
}

describe.each<[string, () => Promise<Buffer>]>([
  [
    'safetensors',
    async () => {
      writeFileSync(join(folder, 'config.json'), JSON.stringify(huggingFaceConfig(SMALL)));
      await writeSafetensors(path, huggingFaceEntries(state, 'f16'), { format: 'pt' });
      return readFileSync(path);
    },
  ],
  ['ggml', async () => ggmlFile(SMALL, state, 'q8_0')],
  ['ctranslate2', async () => ctranslate2File(SMALL, state, 'i8')],
  ['pt', async () => ptFile(SMALL, state)],
])('%s', (_, make) => {
  let whole: Buffer;
  /** Begins and ends of the data of tensors, ascending; all else describes them. */
  let ranges: readonly (readonly [number, number])[];

  beforeAll(async () => {
    whole = await make();
    expect(await attempt(whole)).toBeUndefined();
    const { file } = await openModel(path);
    ranges = [...file.tensors.values()]
      .map(({ offset, bytes }) => [offset, offset + bytes] as const)
      .toSorted((a, b) => a[0] - b[0]);
    await file.close();
  });

  test('cut at, before and after every boundary, and in the middle of all that lies between', async () => {
    const edges = [0, ...ranges.flat(), whole.length];
    const cuts = edges.flatMap((edge, i) => [
      edge - 1,
      edge,
      edge + 1,
      Math.floor((edge + (edges[i + 1] ?? edge)) / 2),
    ]);
    for (const cut of new Set(cuts.filter((at) => at >= 0 && at < whole.length))) {
      await expectHarmless(whole.subarray(0, cut), true, `cut at ${cut}`);
    }
  });

  test('bytes changed in what describes the tensors', async () => {
    const outside: number[] = [];
    let at = 0;
    for (const [begin, end] of [...ranges, [whole.length, whole.length] as const]) {
      for (; at < begin; at++) outside.push(at);
      at = Math.max(at, end);
    }
    const change = fc.tuple(fc.nat(outside.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Buffer.from(whole);
        for (const [index, value] of changes) damaged[outside[index]!] = value;
        await expectHarmless(damaged, false, JSON.stringify(changes));
      }),
      { numRuns: 300 },
    );
  });

  test('bytes left out or put in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        async (at, count, add) => {
          const rest = whole.subarray(add ? at : Math.min(whole.length, at + count));
          const damaged = Buffer.concat([whole.subarray(0, at), Buffer.alloc(add ? count : 0, 0x2e), rest]);
          await expectHarmless(damaged, false, `${add ? 'added' : 'removed'} ${count} at ${at}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test('noise behind the first bytes of each format', async () => {
  const heads = [
    u32(0x67676d6c),
    ascii('PK\x03\x04'),
    Buffer.concat([u64(40), ascii('{"')]),
    ctranslate2Bytes([], []).subarray(0, 22),
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), async (head, noise) => {
      await expectHarmless(Buffer.concat([head, noise]), true, Buffer.from(noise).toString('hex'));
    }),
    { numRuns: 400 },
  );
});

test('lengths that lie, in a file of 3 GB where the end of the file is far', async () => {
  const header = ggmlHeader(SMALL, 'f16');
  const lies: readonly Buffer[] = [
    Buffer.concat([header.subarray(0, 48), u32(1 << 15, 1 << 14)]), // 2 GiB of filters
    Buffer.concat([header.subarray(0, 108), u32(1 << 30)]), // a token of 1 GiB
    Buffer.concat([header, u32(1, 1 << 30, 0)]), // a name of 1 GiB
    Buffer.concat([u64(2 ** 31), ascii('{"a":')]), // a safetensors header of 2 GiB
    Buffer.concat([ctranslate2Bytes([], []).subarray(0, -8), u32(0xffffffff)]), // 2^32 variables
  ];
  const directoryOf2GiB = Buffer.concat([u32(0x06054b50, 0, 0, 2 ** 31, 0), u8(0, 0)]);
  for (const lie of lies) {
    const { bytesAsked } = await watchFiles(async () => {
      writeFileSync(path, lie);
      truncateSync(path, 3e9);
      await expect(openModel(path)).rejects.toThrow(ModelFileError);
    });
    expect(bytesAsked).toBeLessThan(MOST_MEMORY);
  }
  const { bytesAsked } = await watchFiles(async () => {
    writeFileSync(path, 'PK\x03\x04');
    truncateSync(path, 3e9);
    appendFileSync(path, directoryOf2GiB);
    await expect(openModel(path)).rejects.toThrow(/zip directory of at most 4194304 bytes/);
  });
  expect(bytesAsked).toBeLessThan(MOST_MEMORY);
});
