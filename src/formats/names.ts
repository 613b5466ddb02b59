// Tensor names: OpenAI's are ours, and one table gives Hugging Face's and CTranslate2's for each. ggml, .pt and our
// own files use OpenAI's. Exact templates; a name that fits none is an error.

import { ModelFileError } from '../errors.ts';

export type NameLayout = 'openai' | 'huggingface' | 'ctranslate2';

/** Where an OpenAI tensor lies: the whole of a stored tensor, or one of `parts` equal row ranges of it. */
export interface NameSource {
  readonly name: string;
  readonly part: number;
  readonly parts: number;
}

export interface LayerCounts {
  readonly n_audio_layer: number;
  readonly n_text_layer: number;
}

// OpenAI module | Hugging Face module (after an optional `model.`) | CTranslate2 scope | parameters.
// `linear_0[1/3]`: rows of the second third. {i} is the layer. `key` has no bias in Whisper.
type Parameters = 'weight+bias' | 'weight' | 'norm' | 'itself';
type Row = readonly [openai: string, huggingface: string, ctranslate2: string, parameters: Parameters];

const ENCODER: readonly Row[] = [
  ['encoder.conv1', 'encoder.conv1', 'encoder/conv1', 'weight+bias'],
  ['encoder.conv2', 'encoder.conv2', 'encoder/conv2', 'weight+bias'],
  ['encoder.positional_embedding', 'encoder.embed_positions.weight', 'encoder/position_encodings/encodings', 'itself'],
  ['encoder.ln_post', 'encoder.layer_norm', 'encoder/layer_norm', 'norm'],
];
const DECODER: readonly Row[] = [
  ['decoder.token_embedding', 'decoder.embed_tokens', 'decoder/embeddings', 'weight'],
  ['decoder.positional_embedding', 'decoder.embed_positions.weight', 'decoder/position_encodings/encodings', 'itself'],
  ['decoder.ln', 'decoder.layer_norm', 'decoder/layer_norm', 'norm'],
];
// Relative to encoder.blocks.{i} | encoder.layers.{i} | encoder/layer_{i}, and the same for the decoder.
const BLOCK: readonly Row[] = [
  ['attn_ln', 'self_attn_layer_norm', 'self_attention/layer_norm', 'norm'],
  ['attn.query', 'self_attn.q_proj', 'self_attention/linear_0[0/3]', 'weight+bias'],
  ['attn.key', 'self_attn.k_proj', 'self_attention/linear_0[1/3]', 'weight'],
  ['attn.value', 'self_attn.v_proj', 'self_attention/linear_0[2/3]', 'weight+bias'],
  ['attn.out', 'self_attn.out_proj', 'self_attention/linear_1', 'weight+bias'],
  ['mlp_ln', 'final_layer_norm', 'ffn/layer_norm', 'norm'],
  ['mlp.0', 'fc1', 'ffn/linear_0', 'weight+bias'],
  ['mlp.2', 'fc2', 'ffn/linear_1', 'weight+bias'],
];
const CROSS: readonly Row[] = [
  ['cross_attn_ln', 'encoder_attn_layer_norm', 'attention/layer_norm', 'norm'],
  ['cross_attn.query', 'encoder_attn.q_proj', 'attention/linear_0', 'weight+bias'],
  ['cross_attn.key', 'encoder_attn.k_proj', 'attention/linear_1[0/2]', 'weight'],
  ['cross_attn.value', 'encoder_attn.v_proj', 'attention/linear_1[1/2]', 'weight+bias'],
  ['cross_attn.out', 'encoder_attn.out_proj', 'attention/linear_2', 'weight+bias'],
];

/** The logits matrix, tied to the token embedding: accepted where a file has it, and not needed. */
export const TIED_NAMES: Readonly<Record<NameLayout, string | undefined>> = {
  openai: undefined,
  huggingface: 'proj_out.weight',
  ctranslate2: 'decoder/projection/weight',
};

// Some exports write a bias for the key. It adds the same to every score of a query, so softmax does not see it.
const IGNORED: Readonly<Record<NameLayout, RegExp | undefined>> = {
  openai: undefined,
  huggingface: /^(model\.)?(encoder|decoder)\.layers\.\d+\.(self_attn|encoder_attn)\.k_proj\.bias$/,
  ctranslate2: undefined,
};

const LAYER_PREFIX: Readonly<Record<NameLayout, RegExp>> = {
  openai: /^(encoder|decoder)\.blocks\.(\d+)\./,
  huggingface: /^(?:model\.)?(encoder|decoder)\.layers\.(\d+)\./,
  ctranslate2: /^(encoder|decoder)\/layer_(\d+)\//,
};

/** Whose names these are, of the two layouts a safetensors or .pt file may have. Throws ModelFileError for neither. */
export function detectLayout(names: readonly string[], path: string): NameLayout {
  if (names.includes('encoder.positional_embedding')) return 'openai';
  if (names.some((name) => /^(model\.)?encoder\.embed_positions\.weight$/.test(name))) return 'huggingface';
  throw new ModelFileError(
    `${path}: expected the tensor names of a Whisper model (OpenAI's or Hugging Face's), got ${sample(names)}`,
  );
}

/** Layers that have any tensor at all. Counted, not the highest index, so that a stray index cannot make it huge. */
export function countLayers(layout: NameLayout, names: readonly string[]): LayerCounts {
  const seen = { encoder: new Set<string>(), decoder: new Set<string>() };
  for (const name of names) {
    const match = LAYER_PREFIX[layout].exec(name);
    if (match) seen[match[1] as 'encoder' | 'decoder'].add(match[2]!);
  }
  return { n_audio_layer: seen.encoder.size, n_text_layer: seen.decoder.size };
}

/**
 * OpenAI name -> where the file has it, for every tensor of a model of so many layers. Throws ModelFileError listing
 * the file's names that belong to nothing and OpenAI's names that the file lacks.
 */
export function mapNames(
  layout: NameLayout,
  names: readonly string[],
  layers: LayerCounts,
  path: string,
): Map<string, NameSource> {
  const prefix = layout === 'huggingface' && names.some((name) => name.startsWith('model.')) ? 'model.' : '';
  const present = new Set(names);
  const mapped = new Map<string, NameSource>();
  const used = new Set<string>();
  const missing: string[] = [];
  for (const row of modelRows(layers)) {
    for (const [openai, source] of parametersOf(row, layout)) {
      const name = prefix + source.name;
      used.add(name);
      if (present.has(name)) mapped.set(openai, { ...source, name });
      else missing.push(openai);
    }
  }
  const unmapped = names.filter(
    (name) => !used.has(name) && name !== TIED_NAMES[layout] && !IGNORED[layout]?.test(name),
  );
  if (missing.length + unmapped.length > 0) {
    throw new ModelFileError(
      `${path}: expected exactly the tensors of a Whisper with ${layers.n_audio_layer} encoder and ` +
        `${layers.n_text_layer} decoder layers, got ${missing.length} missing: ${sample(missing)}; ` +
        `${unmapped.length} unknown: ${sample(unmapped)}`,
    );
  }
  return mapped;
}

/** All rows of a model, with layers filled in. */
function modelRows(layers: LayerCounts): readonly Row[] {
  const rows: Row[] = [...ENCODER, ...DECODER];
  const addBlocks = (side: 'encoder' | 'decoder', count: number, block: readonly Row[]) => {
    for (let i = 0; i < count; i++) {
      for (const [openai, huggingface, ctranslate2, parameters] of block) {
        rows.push([
          `${side}.blocks.${i}.${openai}`,
          `${side}.layers.${i}.${huggingface}`,
          `${side}/layer_${i}/${ctranslate2}`,
          parameters,
        ]);
      }
    }
  };
  addBlocks('encoder', layers.n_audio_layer, BLOCK);
  addBlocks('decoder', layers.n_text_layer, [...BLOCK, ...CROSS]);
  return rows;
}

/** The tensors of one row: [OpenAI name, source in the layout]. */
function parametersOf(row: Row, layout: NameLayout): readonly (readonly [string, NameSource])[] {
  const [openai, huggingface, ctranslate2, parameters] = row;
  const foreign = { openai, huggingface, ctranslate2 }[layout];
  const [, module, part, parts] = /^(.*?)(?:\[(\d)\/(\d)\])?$/.exec(foreign)!;
  const source = (suffix: string): NameSource => ({
    name: module + suffix,
    part: Number(part ?? 0),
    parts: Number(parts ?? 1),
  });
  if (parameters === 'itself') return [[openai, source('')]];
  const separator = layout === 'ctranslate2' ? '/' : '.';
  const [weight, bias] = parameters === 'norm' && layout === 'ctranslate2' ? ['gamma', 'beta'] : ['weight', 'bias'];
  const pair = [
    [`${openai}.weight`, source(separator + weight)],
    [`${openai}.bias`, source(separator + bias)],
  ] as const;
  return parameters === 'weight' ? pair.slice(0, 1) : pair;
}

/** The first ten of a list, and how many there are. */
function sample(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.slice(0, 10).join(', ') + (names.length > 10 ? `, ... (${names.length})` : '');
}
