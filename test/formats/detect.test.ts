// Rung: pure. One made-up Whisper in every layout and type we read: the same dimensions and the same numbers come out.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ModelFileError, OptionError } from '../../src/errors.ts';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelFile } from '../../src/formats/model_file.ts';
import { dequantizeRows, quantizeRows, type Scheme } from '../../src/formats/quantize.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { type SafetensorsEntry, writeSafetensors } from '../../src/formats/safetensors_writer.ts';
import { temporaryFolder, watchFiles } from './fixtures/bytes.ts';
import { huggingFaceConfig, type State, TINY, tinyState } from './fixtures/tiny_whisper.ts';
import {
  type CTranslate2Type,
  ctranslate2Bytes,
  ctranslate2File,
  ctranslate2Variables,
} from './fixtures/write_ctranslate2.ts';
import { GGML_VOCAB, type GgmlType, ggmlFile } from './fixtures/write_ggml.ts';
import { ptFile } from './fixtures/write_pt.ts';
import { floatEntry, huggingFaceEntries, writeHuggingFace, writeOwn } from './fixtures/write_safetensors.ts';

const root = temporaryFolder();
const folder = join(root, 'model');
const state = tinyState();

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

/** Every tensor, whole and in slices, has the state's numbers, bit for bit. */
async function expectState(model: ModelFile, expected: State): Promise<void> {
  expect([...model.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
  const bits = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (const [name, { shape, values }] of expected) {
    expect(model.tensors.get(name)!.shape, name).toEqual(shape);
    const row = values.length / shape[0]!;
    for (const [begin, end] of [
      [0, shape[0]!],
      [1, 3],
      [3, undefined],
      [2, 2],
    ] as const) {
      const got = await readRowsF32(model, name, begin, end);
      const same = bits(got).equals(bits(values.subarray(begin * row, (end ?? shape[0]!) * row)));
      expect(same, `${name} rows ${begin} to ${end}`).toBe(true);
    }
  }
}

async function check(path: string, format: ModelFile['format'], expected: State = state): Promise<ModelFile> {
  const model = await openModel(path);
  expect(model.format).toBe(format);
  expect(model.dims).toEqual(TINY);
  expect(model.folder).toBe(folder);
  await expectState(model, expected);
  await model.file.close();
  return model;
}

describe('safetensors', () => {
  test.each(['f32', 'f16', 'bf16'] as const)('a Hugging Face folder in %s, or its file', async (type) => {
    await writeHuggingFace(folder, state, type);
    const model = await check(folder, 'safetensors');
    expect(model.config).toHaveProperty('d_model', 64);
    await check(join(folder, 'model.safetensors'), 'safetensors');
  });

  test('shards, with the tied logits matrix and a bias for keys', async () => {
    const entries = huggingFaceEntries(state, 'f16');
    const tied = { ...entries.find(({ name }) => name.endsWith('embed_tokens.weight'))!, name: 'proj_out.weight' };
    const bias = {
      ...floatEntry('model.encoder.layers.0.self_attn.k_proj.bias', state.get('encoder.conv1.bias')!, 'f32'),
    };
    const shards = [entries.slice(0, 20), [...entries.slice(20), tied, bias]];
    const weight_map: Record<string, string> = {};
    for (const [i, shard] of shards.entries()) {
      const name = `model-0000${i + 1}-of-00002.safetensors`;
      await writeSafetensors(join(folder, name), shard);
      for (const entry of shard) weight_map[entry.name] = name;
    }
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(huggingFaceConfig(TINY)));
    await check(folder, 'safetensors');
    await check(join(folder, 'model.safetensors.index.json'), 'safetensors');
  });

  test("OpenAI's names; without a config.json the heads are of 64", async () => {
    const entries = [...state].map(([name, values]) => floatEntry(name, values, 'f32'));
    await writeSafetensors(join(folder, 'any name'), entries);
    const model = await openModel(join(folder, 'any name'));
    expect(model.dims).toEqual({ ...TINY, n_audio_head: 1, n_text_head: 1 });
    await expectState(model, state);
    await model.file.close();
  });

  test.each<Scheme>(['int8', 'int6', 'int4'])('our folder in %s', async (scheme) => {
    await writeOwn(folder, state, scheme);
    const expected = new Map(
      [...state].map(([name, each]) => {
        const k = each.values.length / each.shape[0]!;
        if (each.shape.length < 2 || k % 32 !== 0 || name.includes('positional')) return [name, each];
        return [name, { ...each, values: dequantizeRows(scheme, quantizeRows(scheme, each.values, k), k) }];
      }),
    );
    const model = await check(folder, 'whisper-wgsl', expected);
    const embedding = model.tensors.get('decoder.token_embedding.weight')!;
    expect(embedding.coding).toBe(scheme);
    expect(embedding.scales).toMatchObject({ type: 'f16', shape: [9, 2] });
    expect(model.tensors.get('encoder.conv2.weight')!.coding).toBe(scheme);
    expect(model.tensors.get('encoder.conv1.weight')!.coding).toBe('plain');
  });
});

describe('ggml', () => {
  test.each<[GgmlType, number]>([
    ['f32', 1 / 64],
    ['f16', 1 / 64],
    ['q8_0', 1 / 64],
    ['q5_0', 1 / 16],
    ['q5_1', 1 / 8],
    ['q4_0', 1 / 8],
    ['q4_1', 1 / 8],
  ])('%s', async (type, step) => {
    const fitting = tinyState(TINY, step);
    writeFileSync(join(folder, 'ggml.bin'), ggmlFile(TINY, fitting, type));
    const model = await check(join(folder, 'ggml.bin'), 'ggml', fitting);
    expect(model.vocab!.length).toBe(GGML_VOCAB.length);
    expect(model.mel_filters!.n_mels).toBe(4);
  });
});

describe('ctranslate2', () => {
  test.each<CTranslate2Type>(['f32', 'f16', 'bf16', 'i8', 'i16'])('%s', async (type) => {
    writeFileSync(join(folder, 'model.bin'), ctranslate2File(TINY, state, type));
    writeFileSync(join(folder, 'config.json'), '{"suppress_ids": [1]}');
    writeFileSync(join(folder, 'vocabulary.txt'), '!\n');
    const model = await check(folder, 'ctranslate2');
    expect(model.config).toEqual({ suppress_ids: [1] });
    expect(model.vocab).toEqual([Uint8Array.of(33)]);
  });

  test('a logits matrix of its own is refused', async () => {
    const variables = ctranslate2Variables(TINY, state, 'f32');
    const embedding = variables.find(({ name }) => name === 'decoder/embeddings/weight')!;
    const bytes = ctranslate2Bytes([...variables, { ...embedding, name: 'decoder/projection/weight' }], []);
    writeFileSync(join(folder, 'model.bin'), bytes);
    await expect(openModel(folder)).rejects.toThrow(/decoder\/projection\/weight to be decoder\/embeddings\/weight/);
  });
});

describe('pt', () => {
  test.each([false, true])("openai's checkpoint, ZIP64 %s", async (wide) => {
    writeFileSync(join(folder, 'tiny.pt'), ptFile(TINY, state, { wide }));
    await check(join(folder, 'tiny.pt'), 'pt');
  });

  test('a bare state dict with a config.json beside it', async () => {
    writeFileSync(join(folder, 'pytorch_model.bin'), ptFile(undefined, state));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(huggingFaceConfig(TINY)));
    await check(folder, 'pt');
  });
});

describe('refusals, with nothing left open', () => {
  async function expectRefusal(message: RegExp): Promise<void> {
    const { leftOpen } = await watchFiles(async () => {
      const opened = openModel(folder);
      await expect(opened).rejects.toThrow(ModelFileError);
      await expect(opened).rejects.toThrow(message);
    });
    expect(leftOpen).toBe(0);
  }

  test.each<[string, () => void, RegExp]>([
    ['nothing there', () => rmSync(folder, { recursive: true }), /model file or folder, got ENOENT/],
    ['an empty folder', () => {}, /one of model.safetensors, .* in the folder/],
    [
      'another format',
      () => writeFileSync(join(folder, 'model.bin'), 'GGUF and so on'),
      /begins with bytes 47 47 55 46/,
    ],
    ['an empty file', () => writeFileSync(join(folder, 'model.bin'), ''), /begins with bytes \(none\)/],
    ['a folder in place of the file', () => mkdirSync(join(folder, 'model.bin')), /regular file/],
  ])('%s', async (_, prepare, message) => {
    prepare();
    await expectRefusal(message);
  });

  const configText = (text: string) => (): void => writeFileSync(join(folder, 'config.json'), text);
  const config = (changes: object) => configText(JSON.stringify({ ...huggingFaceConfig(TINY), ...changes }));

  test.each<[string, () => void, RegExp]>([
    ['heads that do not divide', config({ encoder_attention_heads: 5 }), /n_audio_head to divide .* got 5/],
    ['another state', config({ d_model: 384 }), /n_audio_state 384 because .*config.json says so, got 64/],
    ['more layers', config({ decoder_layers: 3 }), /n_text_layer 3 because .* got 2 from its tensors/],
    ['untied logits', config({ tie_word_embeddings: false }), /tie_word_embeddings/],
    ['no JSON', configText('{'), /config.json: expected JSON/],
    ['no object', configText('[]'), /config.json: expected a JSON object/],
    ['17 MB', configText(' '.repeat(17e6)), /at most 16777216 bytes of text, got 17000000/],
  ])('a config.json with %s', async (_, prepare, message) => {
    await writeHuggingFace(folder, state);
    prepare();
    await expectRefusal(message);
  });

  const entries = huggingFaceEntries(state, 'f16');
  const other = (name: string, change: object): SafetensorsEntry[] =>
    entries.map((entry) => (entry.name === name ? { ...entry, ...change } : entry));
  const [tied, version9] = [
    floatEntry('proj_out.weight', { shape: [1], values: new Float32Array(1) }, 'f32'),
    { format: 'whisper-wgsl', version: '9' },
  ];

  test.each<[string, readonly SafetensorsEntry[], Record<string, string>, RegExp]>([
    [
      'a weight of another shape',
      other('model.decoder.layers.0.fc1.weight', { shape: [64, 256] }),
      {},
      /hold \[256,64\] .* got f16 \[64,256\]/,
    ],
    ['integers for a weight', other('model.encoder.layers.0.fc1.bias', { type: 'i16' }), {}, /got i16 \[256\]/],
    ['logits of another shape', [...entries, tied], {}, /proj_out.weight to be model.decoder.embed_tokens.weight/],
    ['our format, another version', [], version9, /version 1 of whisper-wgsl, got 9/],
    ['our format without dimensions', [], { ...version9, version: '1' }, /__metadata__.dims: expected JSON/],
  ])('tensors: %s', async (_, changed, metadata, message) => {
    await writeSafetensors(join(folder, 'model.safetensors'), changed, metadata);
    await expectRefusal(message);
  });

  test('codes without their scales, or with scales of another shape', async () => {
    await writeOwn(folder, state, 'int8');
    const path = join(folder, 'model.safetensors');
    const file = await openModel(path);
    await file.file.close();
    const copy = (change: (name: string, shape: readonly number[]) => readonly number[] | undefined): Promise<void> =>
      writeSafetensors(
        path,
        [...file.file.tensors.values()].flatMap(({ name, type, shape, bytes }) => {
          const changed = change(name, shape);
          return changed ? [{ name, type: type as 'f32', shape: changed, bytes: () => [new Uint8Array(bytes)] }] : [];
        }),
        file.file.metadata,
      );
    const scales = 'decoder.token_embedding.weight.scales';
    await copy((name, shape) => (name === scales ? undefined : shape));
    await expect(openModel(path)).rejects.toThrow(/token_embedding.weight to hold \[9,64\] .* got i8 \[9,64\]$/);
    await copy((name, shape) => (name === scales ? [2, 9] : shape));
    await expect(openModel(path)).rejects.toThrow(/got i8 \[9,64\] with scales f16 \[2,9\]/);
  });

  test('rows and tensors that are not there', async () => {
    await writeHuggingFace(folder, state);
    renameSync(join(folder, 'model.safetensors'), join(folder, 'renamed'));
    const model = await openModel(join(folder, 'renamed'));
    await expect(readRowsF32(model, 'decoder.ln.bias', 0, 65)).rejects.toThrow(OptionError);
    await expect(readRowsF32(model, 'decoder.ln.bias', 2, 1)).rejects.toThrow(OptionError);
    await expect(readRowsF32(model, 'decoder.ln.bias', 0.5)).rejects.toThrow(OptionError);
    await expect(readRowsF32(model, 'decoder.mask')).rejects.toThrow(ModelFileError);
    await model.file.close();
  });
});
