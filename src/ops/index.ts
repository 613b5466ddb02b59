// The registry: one line per op. Graph builders, tests, benches and `doctor` loop over it.

export { addPosition } from './add_position.ts';
export { attention } from './attention.ts';
export { attentionReduce } from './attention_reduce.ts';
export { crossAttention } from './cross_attention.ts';
export { embed } from './embed.ts';
export { filterLogits } from './filter_logits.ts';
export { gatherRows } from './gather_rows.ts';
export { layerNorm } from './layer_norm.ts';
export { linear } from './linear.ts';
export { linearI8 } from './linear_i8.ts';
export { logMel } from './log_mel.ts';
export { melFloor } from './mel_floor.ts';
export { melMax } from './mel_max.ts';
export { pickToken } from './pick_token.ts';
export { quantizeRows } from './quantize_rows.ts';
export { selfAttention } from './self_attention.ts';
export { splitKv } from './split_kv.ts';
export { stft } from './stft.ts';
export { tokenProb } from './token_prob.ts';
export { zero } from './zero.ts';
