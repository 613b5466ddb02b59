// What may come after given tokens of a window, by our logits under Whisper's rules: the whole vocabulary in order of probability.

import { packRules, packSuppressed } from '../../ops/decoding_tables.ts';
import { filterLogits } from '../../ops/filter_logits.ts';
import { elements, type HostTensor } from '../../ops/op.ts';
import { topTokens } from '../../ops/top_tokens.ts';
import type { Candidate } from '../beam_search.ts';
import type { DecodingTask } from '../decoding.ts';
import type { WhisperEngine } from '../engine.ts';
import { stepTables } from '../sequences.ts';

/**
 * Feeds the task's prompt and `picked` tokens to the window that the engine encoded last, and ranks what the rules allow next, whatever
 * the temperature. None where the context has no room for the last token.
 */
export async function rankNext(
  engine: WhisperEngine,
  { prompt, rules, suppressed, signal }: DecodingTask,
  picked: readonly number[],
): Promise<readonly Candidate[]> {
  const { n_vocab } = engine.dims;
  const tokens = [...prompt.previous, ...prompt.sot, ...picked];
  if (tokens.length > engine.options.textContext) return [];
  await engine.begin(rules, suppressed);
  await engine.prefill(tokens, 0, signal);
  const { cursor } = stepTables([picked], tokens.length - 1, 1, rules.timestampBegin);
  return rank(await engine.logits(0, n_vocab), packSuppressed(suppressed, n_vocab), packRules(rules), cursor);
}

/** By the CPU twin of the kernel that beam search asks, for as many tokens as there are. */
function rank(logits: Float32Array, suppressed: Uint32Array, rules: Uint32Array, cursor: Uint32Array): Candidate[] {
  const n_vocab = logits.length;
  const u32 = (data: Uint32Array): HostTensor => ({ dtype: 'u32', shape: [1, data.length], data });
  const inputs = {
    logits: { dtype: 'f32', shape: [1, n_vocab], data: logits },
    suppressed: u32(suppressed),
    rules: u32(rules),
    cursor: u32(cursor),
  } as const;
  const runs = filterLogits.infer(inputs, { n_vocab, filtered: true }).y;
  const x = { ...runs, data: new Float32Array(elements(runs)) }; // a short cut of the kernel's; its twin reads the logits
  const y = { dtype: 'f32', shape: [1, n_vocab, 2], data: new Float32Array(2 * n_vocab) } as const;
  topTokens.reference({ ...inputs, x, y }, { n_vocab, count: n_vocab });
  const all = Array.from({ length: n_vocab }, (_, i) => ({ token: y.data[2 * i]!, logprob: y.data[2 * i + 1]! }));
  return all.filter(({ logprob }) => logprob > -1e29); // the twin's mark of a token that the rules forbid
}
