// Byte-pair encoding as OpenAI's tokenizer does it: split by GPT-2's rule, then merge the pair of the lowest rank first.
// Source: the pattern in openai/whisper tokenizer.py; the order of merges in openai/tiktoken src/lib.rs.

import { byteString } from './vocabulary.ts';

// White_Space, since JavaScript's own class of spaces has U+FEFF and lacks U+0085.
const WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const utf8 = new TextEncoder();

/** Token ids of `text`; `ranks` has every single byte. A lone surrogate counts as U+FFFD. */
export function encodeBpe(text: string, ranks: ReadonlyMap<string, number>): number[] {
  const ids: number[] = [];
  for (const [word] of text.matchAll(WORD)) {
    const bytes = byteString(utf8.encode(word));
    const id = ranks.get(bytes);
    if (id !== undefined) ids.push(id);
    else mergeWord(bytes, ranks, ids);
  }
  return ids;
}

/**
 * Append the ids of one word. Of equal ranks the leftmost pair merges first. Parts are a linked list over byte
 * positions and pairs wait in a heap, so that a word without breaks of any length takes n log n steps.
 */
function mergeWord(bytes: string, ranks: ReadonlyMap<string, number>, ids: number[]): void {
  const n = bytes.length;
  const next = Int32Array.from({ length: n + 1 }, (_, i) => i + 1); // start of the part after this one
  const previous = Int32Array.from({ length: n + 1 }, (_, i) => i - 1);
  const heap: number[] = [];
  const rankOf = (start: number) => (next[start]! < n ? ranks.get(bytes.slice(start, next[next[start]!])) : undefined);
  const consider = (start: number) => {
    const rank = rankOf(start);
    if (rank !== undefined) push(heap, rank * POSITIONS + start);
  };
  for (let start = 0; start < n - 1; start++) consider(start);
  while (heap.length > 0) {
    const key = pop(heap);
    const start = key % POSITIONS;
    // A pair whose left or right part has been merged away since leaves a stale key.
    if (next[start] === MERGED || rankOf(start) !== Math.floor(key / POSITIONS)) continue;
    const right = next[start]!;
    next[start] = next[right]!;
    next[right] = MERGED;
    if (next[start]! < n) previous[next[start]!] = start;
    consider(start);
    if (previous[start]! >= 0) consider(previous[start]!);
  }
  for (let start = 0; start < n; start = next[start]!) ids.push(ranks.get(bytes.slice(start, next[start]))!);
}

const MERGED = -1;
const POSITIONS = 2 ** 32; // key = rank * POSITIONS + position: exact in a double, ordered by rank, then by position

function push(heap: number[], key: number): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= key) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = key;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const last = heap.pop()!;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  if (heap.length > 0) heap[at] = last;
  return least;
}
