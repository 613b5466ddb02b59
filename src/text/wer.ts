// Word error rate, the measure of a transcript against what was said, and the alignment of words that it counts.

/** Counts of a cheapest alignment; `wer` = (substitutions + deletions + insertions) / words of the reference. */
export interface WordErrors {
  readonly wer: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
  readonly hits: number;
}

/** Words that both texts have, or a run of words of each that differ, of which one may be empty. */
export interface Stretch {
  readonly same: boolean;
  readonly reference: readonly string[];
  readonly hypothesis: readonly string[];
}

// An alignment's price: its errors, then the substitutions among them, as one number to take the least of.
const ERROR = 2 ** 26; // above any count of substitutions
const SUBSTITUTION = ERROR + 1;

/**
 * Errors of `hypothesis` against `reference` by Levenshtein distance on their words, which are what white space parts.
 * Normalise both first. Of equally cheap alignments the one with the fewest substitutions counts, so with the most
 * hits. With no reference words, `wer` is 0 without a hypothesis and infinite with one.
 */
export function wordErrorRate(reference: string, hypothesis: string): WordErrors {
  const { said, heard } = numbered(reference, hypothesis);
  const price = prices(said, heard).at(-1)!;
  const errors = Math.floor(price / ERROR);
  const substitutions = price % ERROR;
  // Deletions and insertions are the other errors, and differ by as much as the lengths do.
  const deletions = (errors - substitutions + said.length - heard.length) / 2;
  return {
    wer: errors === 0 ? 0 : errors / said.length,
    substitutions,
    deletions,
    insertions: errors - substitutions - deletions,
    hits: said.length - substitutions - deletions,
  };
}

/**
 * An alignment of the price that `wordErrorRate` counts, as stretches that are the same and stretches that differ in turn. The errors
 * of a differing stretch are the words of its longer side. Memory is linear in the words (Hirschberg 1975).
 */
export function alignWords(reference: string, hypothesis: string): readonly Stretch[] {
  const stretches: { same: boolean; reference: string[]; hypothesis: string[] }[] = [];
  const { said, heard, words } = numbered(reference, hypothesis);
  for (const [one, other] of pairs(said, heard)) {
    const same = one === other;
    if (stretches.at(-1)?.same !== same) stretches.push({ same, reference: [], hypothesis: [] });
    const stretch = stretches.at(-1)!;
    if (one !== undefined) stretch.reference.push(words[one]!);
    if (other !== undefined) stretch.hypothesis.push(words[other]!);
  }
  return stretches;
}

/** Words of both texts as numbers, which compare faster; `words` are by number. */
function numbered(reference: string, hypothesis: string) {
  const numbers = new Map<string, number>();
  const [said, heard] = [reference, hypothesis].map((text) => {
    const words = text.split(/\s+/).filter((word) => word !== '');
    for (const word of words) if (!numbers.has(word)) numbers.set(word, numbers.size);
    return Int32Array.from(words, (word) => numbers.get(word)!);
  }) as [Int32Array, Int32Array];
  return { said, heard, words: [...numbers.keys()] };
}

/** The least price of all words said against the first j heard, for every j. */
function prices(said: Int32Array, heard: Int32Array): Float64Array {
  const row = Float64Array.from({ length: heard.length + 1 }, (_, j) => j * ERROR);
  for (const word of said) {
    let diagonal = row[0]!;
    row[0] = diagonal + ERROR;
    for (let j = 1; j <= heard.length; j++) {
      const paired = diagonal + (word === heard[j - 1] ? 0 : SUBSTITUTION);
      diagonal = row[j]!;
      row[j] = Math.min(paired, diagonal + ERROR, row[j - 1]! + ERROR);
    }
  }
  return row;
}

type Pair = readonly [said: number | undefined, heard: number | undefined];

/** A cheapest alignment: halves what was said, and finds where the other side is to be cut for that. */
function pairs(said: Int32Array, heard: Int32Array): Pair[] {
  if (said.length === 0) return Array.from(heard, (word) => [undefined, word]);
  if (said.length === 1) {
    if (heard.length === 0) return [[said[0], undefined]];
    const partner = Math.max(0, heard.indexOf(said[0]!));
    return Array.from(heard, (word, j) => [j === partner ? said[0] : undefined, word]);
  }
  const middle = said.length >> 1;
  const before = prices(said.subarray(0, middle), heard);
  const after = prices(said.subarray(middle).toReversed(), heard.toReversed());
  const total = (j: number) => before[j]! + after[heard.length - j]!;
  const cut = before.reduce((best, _, j) => (total(j) < total(best) ? j : best), 0);
  return [
    ...pairs(said.subarray(0, middle), heard.subarray(0, cut)),
    ...pairs(said.subarray(middle), heard.subarray(cut)),
  ];
}
