// self_attention: causal attention of the rows of a decoder pass over their sequence's cache and the rows before them in the pass, and
// the append of each row's key and value to the cache (openai/whisper model.py MultiHeadAttention with kv_cache).
// qkv is [R, query | key | value]; the caches are [sequences, context, n_state], f16, f32 or q8. A row not in use sees itself
// alone and is not appended. With `pages` [sequences, context] sequences share what they have in common: a position is read from the
// cache of the sequence that its page names, and appended to the row's own, so beams are reordered without a copy.

import { HEAD, softmax } from './attention.ts';
import { type Case, defineOp, elements, expect, type TensorType } from './op.ts';
import { isRowTable, NO_SEQUENCE, packRows, ROW, type Row } from './rows.ts';
import type { KeptType } from './split_kv.ts';

export const selfAttention = defineOp({
  name: 'self_attention',
  inputs: ['qkv', 'rows'],
  optional: ['pages'],
  outputs: ['y', 'k_cache', 'v_cache'],
  updates: () => ['k_cache', 'v_cache'],

  infer(types, { cache }: { readonly cache: TensorType }) {
    const { qkv, rows, pages } = types;
    const n_state = qkv.shape[1]! / 3;
    expect(qkv.dtype === 'f32' && n_state % HEAD === 0, 'self_attention', 'qkv f32[R, 3 * 64 H]', types);
    expect(isRowTable(rows) && rows.shape[0] === qkv.shape[0], 'self_attention', `rows u32[${qkv.shape[0]}, 4]`, types);
    const kept = ['f16', 'f32', 'q8'].includes(cache.dtype);
    expect(
      kept && cache.shape.length === 3 && cache.shape[2] === n_state,
      'self_attention',
      `caches [B, C, ${n_state}]`,
      {
        cache,
      },
    );
    const paged = !pages || (pages.dtype === 'u32' && elements(pages) === cache.shape[0]! * cache.shape[1]!);
    expect(paged, 'self_attention', `pages u32[${cache.shape[0]}, ${cache.shape[1]}] or none`, types);
    return { y: { dtype: 'f32', shape: [qkv.shape[0]!, n_state] }, k_cache: cache, v_cache: cache };
  },

  params: ({ y, k_cache }) => ({ n_rows: y.shape[0]!, n_state: y.shape[1]!, context: k_cache.shape[1]! }),

  reference({ qkv, rows, pages, y, k_cache, v_cache }) {
    const [n_rows, n_state] = y.shape as readonly [number, number];
    const context = k_cache.shape[1]!;
    const entry = (row: number, word: number) => rows.data[row * ROW.words + word]!;
    for (let row = 0; row < n_rows; row++) {
      const sequence = entry(row, ROW.sequence);
      const unused = sequence === NO_SEQUENCE;
      const first = unused ? row : entry(row, ROW.first);
      const cached = unused ? 0 : entry(first, ROW.position);
      const page = (t: number) => pages?.data[sequence * context + t] ?? sequence;
      const at = (t: number, c: number) => (page(t) * context + t) * n_state + c;
      const passing = (t: number, which: number, c: number) =>
        qkv.data[((first + t - cached) * 3 + which) * n_state + c]!;
      const key = (t: number, c: number) => (t < cached ? k_cache.data[at(t, c)]! : passing(t, 1, c));
      const value = (t: number, c: number) => (t < cached ? v_cache.data[at(t, c)]! : passing(t, 2, c));
      const weights = new Float64Array(cached + 1 + row - first);
      for (let head = 0; head < n_state; head += HEAD) {
        for (let t = 0; t < weights.length; t++) {
          let score = 0;
          for (let c = head; c < head + HEAD; c++) score += qkv.data[row * 3 * n_state + c]! * key(t, c);
          weights[t] = score / Math.sqrt(HEAD);
        }
        softmax(weights);
        for (let c = head; c < head + HEAD; c++) {
          y.data[row * n_state + c] = weights.reduce((sum, weight, t) => sum + weight * value(t, c), 0);
        }
      }
    }
    // Only now: a row must not see in the cache what this pass appends.
    for (let row = 0; row < n_rows; row++) {
      const sequence = entry(row, ROW.sequence);
      if (sequence === NO_SEQUENCE) continue;
      const to = (sequence * context + entry(row, ROW.position)) * n_state;
      k_cache.data.set(qkv.data.subarray((row * 3 + 1) * n_state, (row * 3 + 2) * n_state), to);
      v_cache.data.set(qkv.data.subarray((row * 3 + 2) * n_state, (row * 3 + 3) * n_state), to);
    }
  },

  tolerance: { abs: 4e-6, rel: 1e-5 }, // as attention

  flops: ({ y, k_cache }) => 4 * y.shape[0]! * k_cache.shape[1]! * y.shape[1]!,

  cases: [
    selfAttentionCase('f16', 'one row at the end', 448, 384, [step(0, 447)], true),
    selfAttentionCase('q8', 'one row at the end', 448, 384, [step(0, 447)], true),
    selfAttentionCase('f16', 'first token', 8, 64, [step(0, 0)]),
    selfAttentionCase('f32', 'two sequences', 40, 128, [step(1, 37), { ...step(0, 3), first: 1 }]),
    selfAttentionCase('f16', 'prefill of two', 90, 128, [...prefill(0, 70, 5, 0), ...prefill(1, 0, 3, 5)]),
    selfAttentionCase('f32', 'prefill, rows unused', 20, 64, prefill(0, 0, 6, 0), false, 8),
    selfAttentionCase('q8', 'first token', 8, 64, [step(0, 0)]),
    selfAttentionCase('q8', 'prefill of two', 90, 128, [...prefill(0, 70, 5, 0), ...prefill(1, 0, 3, 5)]),
    selfAttentionCase('q8', 'prefill, rows unused', 20, 64, prefill(0, 0, 6, 0), false, 8),
    pagedCase('q8', [step(1, 37), { ...step(0, 37), first: 1 }]),
    pagedCase('f16', [step(1, 37), { ...step(0, 37), first: 1 }]),
  ],

  variants: [
    {
      name: 'subgroup',
      runs: (_types, _attrs, caps) => caps.subgroupSize > 0,
      suits: (_types, _attrs, caps) => caps.cpu,
      workgroups: ({ y }) => [y.shape[1]! / HEAD, y.shape[0]!, 1],
    },
    {
      name: '',
      runs: ({ k_cache }) => k_cache.shape[1]! <= 512,
      workgroups: ({ y }) => [y.shape[1]! / HEAD, y.shape[0]!, 1],
    },
  ],
});

function step(sequence: number, position: number): Row {
  return { token: 0, position, sequence, first: 0 };
}

function prefill(sequence: number, position: number, length: number, first: number): Row[] {
  return Array.from({ length }, (_, i) => ({ token: 0, position: position + i, sequence, first }));
}

function selfAttentionCase(
  dtype: KeptType,
  name: string,
  context: number,
  n_state: number,
  rows: readonly Row[],
  bench = false,
  capacity = rows.length,
): Case<'qkv' | 'rows' | 'pages' | 'y', { cache: TensorType }> {
  return {
    name: `${dtype} ${name}`,
    bench,
    attrs: { cache: { dtype, shape: [2, context, n_state] } },
    types: {
      qkv: { dtype: 'f32', shape: [capacity, 3 * n_state] },
      rows: { dtype: 'u32', shape: [capacity, ROW.words] },
    },
    fill: (tensor) => (tensor === 'rows' ? packRows(rows, capacity) : undefined),
  };
}

/** Two beams that have 20 positions of the first in common, and others of both. */
function pagedCase(dtype: KeptType, rows: readonly Row[]): Case<'qkv' | 'rows' | 'pages' | 'y', { cache: TensorType }> {
  const plain = selfAttentionCase(dtype, 'paged', 40, 128, rows);
  const pages = Array.from({ length: 80 }, (_, i) => (i % 40 < 20 ? 0 : (i + Math.floor(i / 40)) % 2));
  return {
    ...plain,
    types: { ...plain.types, pages: { dtype: 'u32', shape: [2, 40] } },
    fill: (tensor) => (tensor === 'pages' ? pages : plain.fill?.(tensor)),
  };
}
