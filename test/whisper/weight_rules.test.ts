// Rung: pure. Which format each matrix gets: rules by name, what is refused, and that the graph keeps to it.

import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { weightMatrices } from '../../src/whisper/fused_weights.ts';
import { graphOptions } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { parseWeightRule, precisionOf, WEIGHT_PRECISIONS } from '../../src/whisper/weight_rules.ts';
import { TINY_DIMS } from '../support/tiny_whisper.ts';

const EMBEDDING = 'decoder.token_embedding.weight';
const rule = parseWeightRule;

describe('[pure] weight rules', () => {
  it('the first that matches wins, a star stands for anything, a dot for itself, and the default for the rest', () => {
    const rules = ['decoder.*.mlp.0.*=int8', 'decoder.*=int6', 'encoder.blocks.1?.mlp.0.weight=f32'].map(rule);
    const choice = { weights: 'int4', weightRules: rules } as const;
    expect(precisionOf('decoder.blocks.3.mlp.0.weight', choice)).toBe('int8');
    expect(precisionOf('decoder.blocks.3.mlp.2.weight', choice)).toBe('int6');
    expect(precisionOf('encoder.blocks.3.mlp.2.weight', choice)).toBe('int4');
    expect(precisionOf('encoder.blocks.11.mlp.0.weight', choice)).toBe('int4');
    expect(precisionOf('decoderXblocks', { ...choice, weightRules: [rule('decoder.*=f16')] })).toBe('int4');
  });

  it('are read from name=format', () => {
    expect(rule(`${EMBEDDING}=int8`)).toEqual({ match: EMBEDDING, weights: 'int8' });
    for (const text of ['', 'int8', '=int8', 'decoder.*=', 'decoder.*=int5']) {
      expect(() => rule(text), text).toThrow(OptionError);
    }
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['an unknown format', { weights: 'int5' }, /weights .*got 'int5'/],
    ['an unknown format in a rule', { weightRules: [{ match: '*', weights: 'q4' }] }, /'\*' .*got 'q4'/],
    ['a name that no matrix has', { weightRules: [rule('decoder.token_embeding.weight=int8')] }, /embeding/],
    ['a convolution', { weightRules: [rule('encoder.conv1.weight=int8')] }, /conv1/],
    ['two formats in one matrix', { weightRules: [rule('*.query.weight=int4')] }, /one format for .*\.attn\.key/],
    ['int4 in W8A8', { weights: 'int4', arithmetic: 'w8a8' }, /w8a8, got int4/],
    ['int6 in W8A8', { weights: 'int8', weightRules: [rule('*.mlp.2.*=int6')], arithmetic: 'w8a8' }, /mlp\.2\.weight/],
  ];
  for (const [name, options, message] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => graphOptions(TINY_DIMS, options)).toThrow(OptionError);
      expect(() => graphOptions(TINY_DIMS, options)).toThrow(message);
    });
  }

  it('the embedding may have fewer bits in W8A8, since logits are not computed so', () => {
    const weightRules = [rule(`${EMBEDDING}=int6`)];
    expect(() => graphOptions(TINY_DIMS, { weights: 'int8', arithmetic: 'w8a8', weightRules })).not.toThrow();
  });
});

describe('[pure] weights of the graph', () => {
  const types = { f32: 'f32', f16: 'f16', int8: 'i8', int6: 'i6', int4: 'i4' } as const;

  for (const weights of WEIGHT_PRECISIONS) {
    it(`${weights}: every matrix, with scales where the format has them, and as many as there are names`, () => {
      const { tensors } = whisperGraph(TINY_DIMS, { weights });
      const wide = tensors.filter(
        (t) => t.kind === 'weight' && t.shape.length === 2 && !/^mel|conv|position/.test(t.name),
      );
      const matrices = wide.filter((t) => !t.name.endsWith('.scales'));
      expect(new Set(matrices.map((t) => t.dtype))).toEqual(new Set([types[weights]]));
      expect(matrices.length).toBe(weightMatrices(TINY_DIMS).length);
      expect(wide.length).toBe(weights.startsWith('int') ? 2 * matrices.length : matrices.length);
    });
  }

  it('rules reach fused matrices by the names of their parts', () => {
    const weightRules = [rule('*.cross_attn.key.weight=int4'), rule('*.cross_attn.value.weight=int4')];
    const { tensors } = whisperGraph(TINY_DIMS, { weights: 'int8', weightRules });
    const kinds = new Map(tensors.map((t) => [t.name, t.dtype]));
    expect(kinds.get('decoder.blocks.1.cross_attn.kv.weight')).toBe('i4');
    expect(kinds.get('decoder.blocks.1.attn.qkv.weight')).toBe('i8');
  });
});
