// Word error rate, the measure of a transcript against what was said.

/** Counts of a cheapest alignment; `wer` = (substitutions + deletions + insertions) / words of the reference. */
export interface WordErrors {
  readonly wer: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
  readonly hits: number;
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
  const said = words(reference);
  const heard = words(hypothesis);
  // prices[j]: the words said so far against the first j heard.
  const prices = Float64Array.from({ length: heard.length + 1 }, (_, j) => j * ERROR);
  for (const word of said) {
    let diagonal = prices[0]!;
    prices[0] = diagonal + ERROR;
    for (let j = 1; j <= heard.length; j++) {
      const paired = diagonal + (word === heard[j - 1] ? 0 : SUBSTITUTION);
      diagonal = prices[j]!;
      prices[j] = Math.min(paired, diagonal + ERROR, prices[j - 1]! + ERROR);
    }
  }
  const price = prices[heard.length]!;
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

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
