// Rung: pure. Everything that readers take from JSON, with values where they do not belong: safetensors headers, config.json, shards,
// vocabularies and tokenizers. And tokenizers packed badly.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelFile } from '../../src/formats/model_file.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { readTokenizerFile, tokenizerSource } from '../../src/whisper/model_folder.ts';
import { weightChoice } from '../../src/whisper/stored_weights.ts';
import { BUNDLED } from '../support/weights.ts';
import { temporaryFolder, u64 } from './fixtures/bytes.ts';
import { expectHarmless, readModel } from './fixtures/harmless.ts';
import { huggingFaceConfig, TINY, tinyState } from './fixtures/tiny_whisper.ts';
import { ctranslate2File } from './fixtures/write_ctranslate2.ts';
import { writeHuggingFace, writeOwn } from './fixtures/write_safetensors.ts';

const root = temporaryFolder();
const folder = join(root, 'model');
const model = join(folder, 'model.safetensors');
const state = tinyState();

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Stands for an array in an array, 100 000 deep, which no serialiser could write. */
const DEEP = 'a very deep array';
const textOf = (value: Json) =>
  JSON.stringify(value).replaceAll(`"${DEEP}"`, `${'['.repeat(100_000)}${']'.repeat(100_000)}`);

const ODD: readonly Json[] = [
  ...[null, true, -1, 0, 1, 1.5, 1e308, 2 ** 31, 2 ** 53, '', '1', 'F64', 'x'.repeat(100_000), DEEP],
  ...[[], [[]], [-1], [2 ** 53, 2 ** 53, 2 ** 53], [0, 2 ** 40], {}, { a: 1 }],
];

/** `value` with something odd in one place, or without what was there. */
function oddly(value: Json): fc.Arbitrary<Json> {
  const places: (readonly string[])[] = [];
  const visit = (at: Json, path: readonly string[]) => {
    places.push(path);
    if (typeof at === 'object' && at !== null)
      for (const [key, inner] of Object.entries(at)) visit(inner, [...path, key]);
  };
  visit(value, []);
  const replacement = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>);
  return fc
    .tuple(fc.constantFrom(...places), replacement, fc.constantFrom('replace', 'remove', 'add'))
    .map(change(value));
}

const change =
  (value: Json) =>
  ([path, odd, how]: readonly [readonly string[], Json, string]): Json => {
    const [key, ...rest] = path;
    if (key === undefined) return how === 'add' && isObject(value) ? { ...value, extra: odd } : odd;
    const entries = Object.entries(value as Record<string, Json>).flatMap(([name, inner]) => {
      if (name !== key) return [[name, inner] as const];
      if (rest.length === 0 && how === 'remove') return [];
      return [[name, change(inner)([rest, odd, how])] as const];
    });
    return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
  };

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the model in `folder` after `write` has put odd JSON there. */
async function fuzz(
  value: Json,
  write: (text: string) => void,
  numRuns: number,
  read: () => Promise<unknown> = readAll,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(oddly(value), async (odd) => {
      const text = textOf(odd);
      write(text);
      await expectHarmless(text.slice(0, 300), read);
    }),
    { numRuns },
  );
}

async function readAll(): Promise<void> {
  await readModel(folder);
  const opened = await openModel(folder);
  await opened.file.close();
  weightChoice(opened, {});
}

test.each(['Hugging Face', 'ours'])('the header of safetensors, %s', async (kind) => {
  await (kind === 'ours' ? writeOwn(folder, state, 'int6') : writeHuggingFace(folder, state));
  const whole = readFileSync(model);
  const length = Number(whole.readBigUInt64LE(0));
  const header = JSON.parse(whole.toString('utf8', 8, 8 + length)) as Json;
  const data = whole.subarray(8 + length);
  await fuzz(
    header,
    (text) => writeFileSync(model, Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text), data])),
    300,
  );
});

test("the dimensions in our own file's metadata", async () => {
  await writeOwn(folder, state, 'int8');
  const whole = readFileSync(model);
  const length = Number(whole.readBigUInt64LE(0));
  const header = JSON.parse(whole.toString('utf8', 8, 8 + length));
  const write = (text: string) => {
    const json = JSON.stringify({ ...header, __metadata__: { ...header.__metadata__, dims: text } });
    writeFileSync(model, Buffer.concat([u64(Buffer.byteLength(json)), Buffer.from(json), whole.subarray(8 + length)]));
  };
  await fuzz({ ...TINY }, write, 150);
});

test('config.json', async () => {
  await writeHuggingFace(folder, state);
  const rule = { match: 'decoder.token_embedding.weight', weights: 'int8' };
  const config = {
    ...huggingFaceConfig(TINY),
    tie_word_embeddings: true,
    whisper_wgsl: { weights: 'f16', weightRules: [rule] },
  };
  await fuzz(config as Json, (text) => writeFileSync(join(folder, 'config.json'), text), 300);
});

test('the index of shards', async () => {
  await writeHuggingFace(folder, state);
  const length = Number(readFileSync(model).readBigUInt64LE(0));
  const names = Object.keys(JSON.parse(readFileSync(model).toString('utf8', 8, 8 + length))).filter(
    (n) => n !== '__metadata__',
  );
  const shard = 'model-00001-of-00001.safetensors';
  writeFileSync(join(folder, shard), readFileSync(model));
  rmSync(model);
  const index = { metadata: { total_size: 1 }, weight_map: Object.fromEntries(names.map((name) => [name, shard])) };
  await fuzz(index, (text) => writeFileSync(join(folder, 'model.safetensors.index.json'), text), 200);
});

test('vocabularies of CTranslate2', async () => {
  writeFileSync(join(folder, 'model.bin'), ctranslate2File(TINY, state, 'i8'));
  await fuzz(['!', 'Ġthe', 'Ċ'], (text) => writeFileSync(join(folder, 'vocabulary.json'), text), 150);
  rmSync(join(folder, 'vocabulary.json'));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      writeFileSync(join(folder, 'vocabulary.txt'), bytes);
      await expectHarmless(Buffer.from(bytes).toString('hex'), readAll);
    }),
    { numRuns: 100 },
  );
});

let vocab: Readonly<Record<string, number>>;
beforeAll(async () => {
  vocab = JSON.parse((await readTokenizerFile(BUNDLED))!).model.vocab;
});

/** Makes the tokenizer of a model in `folder`. */
const readTokenizer = async () =>
  loadTokenizer(await tokenizerSource({ folder, vocab: undefined } as ModelFile), { n_vocab: 51_864 });

test('tokenizer.json', async () => {
  const write = (text: string) => writeFileSync(join(folder, 'tokenizer.json'), text);
  await fuzz({ model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] } }, write, 200, readTokenizer);
  const [first] = Object.keys(vocab);
  for (const odd of [null, '0', -1, 0.5, 1e9]) {
    write(JSON.stringify({ model: { vocab: { ...vocab, [first!]: odd } } }));
    expect(await expectHarmless(`${odd} as an id`, readTokenizer)).toBe('refused');
  }
});

test('tokenizer.json.gz: cut, damaged, or far larger than it looks', async () => {
  const path = join(folder, 'tokenizer.json.gz');
  const whole = gzipSync(JSON.stringify({ model: { vocab } }));
  writeFileSync(path, whole);
  expect(await expectHarmless('whole', readTokenizer)).toBe('read');
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), fc.boolean(), async (at, bit, cut) => {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << bit;
      writeFileSync(path, cut ? whole.subarray(0, at) : damaged);
      await expectHarmless(`${cut ? 'cut' : 'flipped'} at ${at}`, readTokenizer);
    }),
    { numRuns: 30 },
  );
  writeFileSync(path, gzipSync(Buffer.alloc(200e6, ' ')));
  expect(await expectHarmless('200 MB of spaces', readTokenizer)).toBe('refused');
});
