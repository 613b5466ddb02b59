// Rung: pure. Converted models: every matrix in the format asked for, bit for bit, and taken in that format again unless told otherwise.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelFileError, OptionError } from '../../src/errors.ts';
import { openModel } from '../../src/formats/detect.ts';
import type { ModelFile } from '../../src/formats/model_file.ts';
import { dequantizeRows, quantizeRows, type Scheme } from '../../src/formats/quantize.ts';
import { readRowsF32 } from '../../src/formats/rows.ts';
import { type ConvertOptions, convertModel } from '../../src/whisper/convert.ts';
import { weightMatrices } from '../../src/whisper/fused_weights.ts';
import { weightChoice } from '../../src/whisper/stored_weights.ts';
import { parseWeightRule, precisionOf, type WeightChoice } from '../../src/whisper/weight_rules.ts';
import { TINY_DIMS, writeTinyModel } from '../support/tiny_whisper.ts';

const EMBEDDING = 'decoder.token_embedding.weight';
const MIXTURE = [`${EMBEDDING}=int8`, '*.mlp.*=int6', 'encoder.blocks.0.attn.out.*=f16'].map(parseWeightRule);
const NAMES = weightMatrices(TINY_DIMS).flat();

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-convert-'));
const source = join(folder, 'source');
beforeAll(() => writeTinyModel(source));
afterAll(() => rmSync(folder, { recursive: true }));

async function opened<T>(path: string, use: (model: ModelFile) => T | Promise<T>): Promise<T> {
  const model = await openModel(path);
  try {
    return await use(model);
  } finally {
    await model.file.close();
  }
}

/** Name -> format, of all matrices. */
const formats = (choice: WeightChoice) => NAMES.map((name) => [name, precisionOf(name, choice)]);

const choices: readonly (readonly [string, ConvertOptions])[] = [
  ['f16', { weights: 'f16' }],
  ['int8', { weights: 'int8' }],
  ['int6', { weights: 'int6' }],
  ['int4', { weights: 'int4' }],
  ['a mixture', { weights: 'int4', weightRules: MIXTURE }],
];

describe('[pure] convert', () => {
  describe.each(choices)('to %s', (name, options) => {
    const to = join(folder, name);
    const choice = { weightRules: [], ...options };

    it('holds every matrix as its format rounds it, all else as it was', async () => {
      await convertModel(source, to, options);
      await opened(to, async (model) =>
        opened(source, async (from) => {
          for (const tensor of model.tensors.keys()) {
            const format = NAMES.includes(tensor) ? precisionOf(tensor, choice) : 'f16';
            const rows = await readRowsF32(from, tensor);
            const k = from.tensors.get(tensor)!.shape.at(-1)!;
            const scheme = format as Scheme;
            const want = format === 'f16' ? rows : dequantizeRows(scheme, quantizeRows(scheme, rows, k), k);
            expect(model.tensors.get(tensor)!.coding, tensor).toBe(format === 'f16' ? 'plain' : format);
            expect(
              Buffer.compare(Buffer.from((await readRowsF32(model, tensor)).buffer), Buffer.from(want.buffer)),
            ).toBe(0);
          }
        }),
      );
    });

    it('is kept on the device as it lies in the file, unless told otherwise', async () => {
      const own = await opened(to, (model) => weightChoice(model, {}));
      expect(formats(own)).toEqual(formats(choice));
      const told = await opened(to, (model) => weightChoice(model, { weights: 'f16' }));
      expect(told).toEqual({ weights: 'f16', weightRules: [] });
      const rule = { match: EMBEDDING, weights: 'f32' } as const;
      const partly = await opened(to, (model) => weightChoice(model, { weightRules: [rule] }));
      expect(formats(partly)).toEqual(formats({ ...choice, weightRules: [rule, ...choice.weightRules] }));
    });
  });

  it('refuses a choice that is none, and writes nothing', async () => {
    for (const rule of ['*=f32', 'encoder.conv1.weight=int8', '*.query.weight=int8']) {
      const options = { weights: 'int4', weightRules: [parseWeightRule(rule)] } as const;
      await expect(convertModel(source, join(folder, 'refused'), options), rule).rejects.toThrow(OptionError);
    }
    expect(readdirSync(folder)).not.toContain('refused');
  });
});

describe('[pure] config.json', () => {
  const dims = {
    num_mel_bins: 80,
    encoder_layers: TINY_DIMS.n_audio_layer,
    decoder_layers: TINY_DIMS.n_text_layer,
  };
  const withSection = async <T>(section: unknown, use: (model: ModelFile) => T) => {
    writeFileSync(join(source, 'config.json'), JSON.stringify({ ...dims, whisper_wgsl: section }));
    try {
      return await opened(source, use);
    } finally {
      rmSync(join(source, 'config.json'));
    }
  };

  it('may wish for formats; what the caller says goes before', async () => {
    const weightRules = [{ match: EMBEDDING, weights: 'int8' }] as const;
    const wish = { weights: 'int4', weightRules };
    expect(await withSection(wish, (model) => weightChoice(model, {}))).toEqual(wish);
    expect(await withSection({ weightRules }, (model) => weightChoice(model, {}))).toEqual({
      weights: 'f16',
      weightRules,
    });
    const given = { weights: 'int6', weightRules: [] } as const;
    expect(await withSection(wish, (model) => weightChoice(model, given))).toEqual(given);
  });

  it('does not carry its wishes into a converted model, which has them', async () => {
    const to = join(folder, 'of wishes');
    writeFileSync(join(source, 'config.json'), JSON.stringify({ ...dims, whisper_wgsl: { weights: 'int4' } }));
    await convertModel(source, to, { weights: 'int8' });
    rmSync(join(source, 'config.json'));
    expect(JSON.parse(readFileSync(join(to, 'config.json'), 'utf8'))).toEqual(dims);
  });

  const damaged = [null, 'int4', { wieghts: 'int4' }, { weights: 'int3' }, { weightRules: 5 }, { weightRules: [{}] }];
  it.each(damaged)('refuses %j', async (section) => {
    await expect(withSection(section, (model) => weightChoice(model, {}))).rejects.toThrow(ModelFileError);
  });
});
