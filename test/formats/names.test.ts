// Rung: pure. Foreign tensor names against a rendering of openai/whisper's own, and dimensions against declarations.

import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import {
  declareDims,
  dimsFromConfig,
  expectedShape,
  type ModelDimensions,
  resolveDims,
} from '../../src/formats/dims.ts';
import { countLayers, detectLayout, mapNames } from '../../src/formats/names.ts';
import { huggingFaceConfig, huggingFaceName, TINY, tinyState } from './fixtures/tiny_whisper.ts';
import { ctranslate2Variables } from './fixtures/write_ctranslate2.ts';

const state = tinyState();
const openai = [...state.keys()];
const layers = { n_audio_layer: 1, n_text_layer: 2 };

describe('names', () => {
  test("OpenAI's map to themselves", () => {
    const mapped = mapNames('openai', openai, layers, 'm');
    expect(new Map([...mapped].map(([name, source]) => [name, source.name]))).toEqual(
      new Map(openai.map((name) => [name, name])),
    );
  });

  test.each(['', 'model.'])("Hugging Face's with prefix '%s', and what it may have besides", (prefix) => {
    const names = openai.map((name) => prefix + huggingFaceName(name));
    const extra = ['proj_out.weight', `${prefix}decoder.layers.1.encoder_attn.k_proj.bias`];
    const mapped = mapNames('huggingface', [...names, ...extra], layers, 'm');
    expect([...mapped.keys()].sort()).toEqual(openai.toSorted());
    for (const [name, source] of mapped) {
      expect(source).toEqual({ name: prefix + huggingFaceName(name), part: 0, parts: 1 });
    }
  });

  test("CTranslate2's, with parts of fused projections", () => {
    const names = ctranslate2Variables(TINY, state, 'f32').filter(({ shape }) => shape.length > 0);
    const mapped = mapNames(
      'ctranslate2',
      [...names.map(({ name }) => name), 'decoder/projection/weight'],
      layers,
      'm',
    );
    expect([...mapped.keys()].sort()).toEqual(openai.toSorted());
    expect(mapped.get('decoder.blocks.1.cross_attn.value.bias')).toEqual({
      name: 'decoder/layer_1/attention/linear_1/bias',
      part: 1,
      parts: 2,
    });
    expect(mapped.get('encoder.blocks.0.attn.value.weight')).toEqual({
      name: 'encoder/layer_0/self_attention/linear_0/weight',
      part: 2,
      parts: 3,
    });
    expect(new Set([...mapped.values()].map(({ name }) => name)).size).toBe(names.length);
  });

  test('missing and unknown ones are listed, ten of each, and counted', () => {
    const names = openai.filter((name) => !name.startsWith('decoder.blocks.1.'));
    const strange = Array.from({ length: 12 }, (_, i) => `strange.${i}`);
    const map = (): unknown => mapNames('openai', [...names, ...strange], layers, 'm');
    expect(map).toThrow(ModelFileError);
    expect(map).toThrow(
      /24 missing: decoder.blocks.1.attn_ln.weight, .*, \.\.\. \(24\); 12 unknown: strange.0, .*strange.9, \.\.\. \(12\)/,
    );
  });

  test('layers are counted, so that a stray index costs an error and no time', () => {
    const names = [...openai, 'encoder.blocks.999999999.attn_ln.weight'];
    const counted = countLayers('openai', names);
    expect(counted).toEqual({ n_audio_layer: 2, n_text_layer: 2 });
    expect(() => mapNames('openai', names, counted, 'm')).toThrow(/1 unknown: encoder.blocks.999999999/);
  });

  test('the layout is told from the names', () => {
    expect(detectLayout(openai, 'm')).toBe('openai');
    expect(detectLayout(openai.map(huggingFaceName), 'm')).toBe('huggingface');
    expect(
      detectLayout(
        openai.map((name) => `model.${huggingFaceName(name)}`),
        'm',
      ),
    ).toBe('huggingface');
    expect(() => detectLayout(['bert.embeddings'], 'm')).toThrow(/Whisper model .* got bert.embeddings/);
  });
});

describe('dimensions', () => {
  const shape = (name: string): readonly number[] => state.get(name)!.shape;
  const resolve = (...declared: Partial<ModelDimensions>[]): ModelDimensions =>
    resolveDims(
      shape,
      layers,
      declared.map((dims, i) => ({ from: `source ${i}`, dims })),
      'm',
    );

  test('come from the shapes; heads of 64 where nothing says otherwise', () => {
    expect(resolve()).toEqual({ ...TINY, n_audio_head: 1, n_text_head: 1 });
    expect(resolve({ n_audio_head: 2, n_text_head: 2 })).toEqual(TINY);
  });

  test.each(Object.keys(TINY) as (keyof ModelDimensions)[])(
    'a %s that disagrees is refused, naming both sides',
    (name) => {
      expect(() => resolve(TINY, { [name]: 4096 })).toThrow(
        new RegExp(`m: expected ${name} 4096 because source 1 says so, got ${TINY[name]} from (its tensors|source 0)`),
      );
    },
  );

  test('heads must divide the state', () => {
    expect(() => resolve({ n_text_head: 3 })).toThrow(/n_text_head to divide n_text_state 64, got 3/);
    const wide = (name: string): readonly number[] => shape(name).map((extent) => (extent === 64 ? 96 : extent));
    expect(() => resolveDims(wide, layers, [], 'm')).toThrow(/n_audio_head to divide n_audio_state 96, got 1.5/);
  });

  test('encoder and decoder share one state, and no extent is missing', () => {
    const narrow = (name: string): readonly number[] =>
      name === 'decoder.positional_embedding' ? [5, 128] : shape(name);
    expect(() => resolveDims(narrow, layers, [], 'm')).toThrow(/n_text_state 64 because cross-attention/);
    expect(() => resolveDims((name) => shape(name).slice(0, 1), layers, [], 'm')).toThrow(/above zero, got 0/);
  });

  test('a config.json gives those it has, and only positive integers', () => {
    expect(dimsFromConfig(huggingFaceConfig(TINY), 'config.json').dims).toEqual(TINY);
    expect(dimsFromConfig({ vocab_size: 51865 }, 'config.json').dims).toEqual({ n_vocab: 51865 });
    for (const bad of ['6', 0, -1, 1.5, null]) {
      expect(() => dimsFromConfig({ encoder_layers: bad }, 'config.json')).toThrow(
        /config.json: expected n_audio_layer/,
      );
    }
    expect(declareDims(() => undefined, 'header').dims).toEqual({});
  });

  test('every tensor has the shape that model.py gives it', () => {
    for (const [name, { shape: expected }] of state) expect(expectedShape(name, TINY), name).toEqual(expected);
  });
});
