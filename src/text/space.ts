// White space as Python's str knows it, since OpenAI's rules are written in Python: JavaScript's class differs.

/** Source of a class for `u` patterns: Unicode's White_Space and four ASCII separators, without U+FEFF. */
export const SPACE = '[\\p{White_Space}\\x1c-\\x1f]';

const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu');
const RUN = new RegExp(`${SPACE}+`, 'gu');

/** str.strip() */
export function stripSpace(text: string): string {
  return text.replace(ENDS, '');
}

/** str.split() */
export function splitSpace(text: string): string[] {
  return text.split(RUN).filter((word) => word !== '');
}

/** Every run of white space becomes one space. */
export function collapseSpace(text: string): string {
  return text.replace(RUN, ' ');
}
