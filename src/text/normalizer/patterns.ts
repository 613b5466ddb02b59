// Word boundaries as Python's re has them: between letters and digits of any script, where JavaScript sees ASCII only.

const WORD_CHAR = '[\\p{L}\\p{N}_]';

/** `pattern`, which begins and ends with a word character, as whole words. */
export function wholeWords(pattern: string): RegExp {
  return new RegExp(`(?<!${WORD_CHAR})${pattern}(?!${WORD_CHAR})`, 'gu');
}

/** `pattern`, which ends with a word character, where a word ends. */
export function wordEnds(pattern: string): RegExp {
  return new RegExp(`${pattern}(?!${WORD_CHAR})`, 'gu');
}
