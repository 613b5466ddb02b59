// Rung: pure. `inspect`: what it says of models in several formats, held against their files and against `plan`.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/cli/inspect_report.ts';
import { huggingFaceConfig, TINY, tinyState } from '../formats/fixtures/tiny_whisper.ts';
import { ctranslate2File } from '../formats/fixtures/write_ctranslate2.ts';
import { writeHuggingFace } from '../formats/fixtures/write_safetensors.ts';
import { TINY_DIMS, writeTinyModel } from '../support/tiny_whisper.ts';
import { BUNDLED } from '../support/weights.ts';
import { cli } from './in_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-inspect-'));
const tiny = join(folder, 'tiny');
beforeAll(() => writeTinyModel(tiny));
afterAll(() => rmSync(folder, { recursive: true }));

interface Told extends Pick<Inspection, 'files' | 'groups' | 'tensors'> {
  readonly gpu: { readonly weights: string; readonly bytes: Readonly<Record<string, unknown>> };
}
const inspected = async (model: string, ...args: string[]): Promise<Told> =>
  JSON.parse((await cli(['inspect', model, '--json', ...args])).out);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('[pure] inspect', () => {
  it("the bundled model: published dimensions, openai's heads, and every byte of its file but the header", async () => {
    const found = await inspected(BUNDLED, '--tensors');
    expect(found).toMatchObject({
      ...{ format: 'whisper-wgsl', published: ['tiny.en'], multilingual: false, languages: ['en'] },
      ...{ tokenizer: 'beside the model', parameters: 37_760_256 },
      dims: { n_audio_state: 384, n_text_layer: 4, n_vocab: 51_864 },
      alignment_heads: [[1, 0], [2, 0], [2, 5], [3, 0], [3, 1], [3, 2], [3, 3], [3, 4]], // biome-ignore format: pairs
      gpu: { weights: 'int8', weight_rules: [] },
    });
    const { path, bytes } = found.files[0]!;
    expect(bytes).toBe(statSync(path).size);
    const header = 8 + Number(readFileSync(path).readBigUInt64LE(0));
    for (const list of [found.groups, found.tensors]) expect(sum(list.map((each) => each.bytes))).toBe(bytes - header);
    const embedding = found.groups.find(({ group }) => group === 'token embedding')!;
    expect(embedding).toMatchObject({ format: 'int8', tensors: 1, parameters: 51_864 * 384 });
    expect(embedding.bytes).toBe(51_864 * 384 * (1 + 2 / 32));
  });

  it.each(['resident', 'absorbed', 'phased', 'streamed'])('plans mode %s as `plan` does', async (mode) => {
    const { out } = await cli(['plan', '--model', BUNDLED, '--mode', mode, '--json']);
    const planned = JSON.parse(out);
    expect((await inspected(BUNDLED)).gpu.bytes[mode]).toEqual({
      weights: planned.weights_bytes,
      arena: planned.arena.bytes,
      total: planned.total_bytes,
    });
  });

  it('matrices of several formats, in the file and on the GPU', async () => {
    const to = join(folder, 'mixed');
    const rule = 'decoder.token_embedding.weight=int8';
    expect(await cli(['convert', tiny, '--weights', 'int4', '--rule', rule, '-o', to])).toMatchObject({ code: 0 });
    const { groups, gpu } = await inspected(to);
    const formats = (name: string) => groups.filter((g) => g.group === name).map((g) => g.format);
    expect(formats('token embedding')).toEqual(['int8']);
    expect(formats('decoder layers')).toEqual(['int4', 'f16']);
    expect(gpu).toMatchObject({
      weights: 'int4',
      weight_rules: [{ match: 'decoder.token_embedding.weight', weights: 'int8' }],
    });
    expect((await cli(['inspect', to])).out).toMatch(/^on the GPU \(int4 and others\)/m);
  });

  it('a CTranslate2 file, whose matrices are fused and which has no tokenizer', async () => {
    const path = join(folder, 'model.bin');
    writeFileSync(path, ctranslate2File(TINY_DIMS, tinyState(TINY_DIMS), 'i8'));
    const { out } = await cli(['inspect', path, '--tensors']);
    expect(out).toMatch(/^tokenizer {4}none: the engine needs a tokenizer\.json/m);
    expect(out).toMatch(/^those of {5}no published model$/m);
    // A third of a matrix of bytes with a scale for each row.
    expect(out).toMatch(/^decoder\.blocks\.1\.attn\.value\.weight +row_i8 +\[64, 64\] 4352 bytes$/m);
    expect((await inspected(path)).gpu.weights).toBe('f16');
  });

  it('lists no tensor unasked', async () => {
    expect(await inspected(tiny)).not.toHaveProperty('tensors');
    expect((await cli(['inspect', tiny])).out).not.toContain('decoder.ln.bias');
  });
});

describe('[pure] inspect refuses', () => {
  const broken = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const file of ['model.safetensors', 'tokenizer.json.gz']) {
      writeFileSync(join(path, file), readFileSync(join(tiny, file)));
    }
    return path;
  };
  const fails = async (model: string, message: RegExp) => {
    const { code, out, err } = await cli(['inspect', model]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /); // no stack: an error thrown on purpose
  };

  it('what is not there, or cut, or no model', async () => {
    expect(existsSync('no such model')).toBe(false);
    await fails('no such model', /expected a model at one of/);
    const cut = broken('cut');
    truncateSync(join(cut, 'model.safetensors'), 1_000_000);
    await fails(cut, /model\.safetensors/);
    await fails(join(tiny, 'tokenizer.json.gz'), /expected safetensors, a whisper\.cpp model/);
  });

  it('damaged JSON beside the model', async () => {
    const config = broken('config');
    writeFileSync(join(config, 'config.json'), JSON.stringify({ ...huggingFaceConfig(TINY_DIMS), d_model: 65 }));
    await fails(config, /expected n_audio_state 65 because .*config\.json says so, got 64/);
    const tokenizer = broken('tokenizer');
    writeFileSync(join(tokenizer, 'tokenizer.json'), '{"model": {"vocab": {"a": 0}}}');
    await fails(tokenizer, /tokenizer: expected 50256 text tokens/);
  });

  it("a vocabulary that is not Whisper's", async () => {
    const odd = join(folder, 'odd');
    mkdirSync(odd);
    await writeHuggingFace(odd, tinyState());
    await fails(odd, new RegExp(`expected n_vocab 51864, 51865 or 51866 .* got ${TINY.n_vocab}`));
  });

  it('to go on when interrupted', async () => {
    expect(await cli(['inspect', tiny], undefined, AbortSignal.abort())).toMatchObject({ code: 130, out: '' });
  });
});
