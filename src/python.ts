// The few rules of Python that openai/whisper's text and files follow: rounding, the text of a float, JSON, white space.

/** round(x): to the nearest whole number, from halfway to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const above = x - floor; // exact
  if (above !== 0.5) return above < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** repr(x) of a float, as json.dump writes it: `1.0`, `1e-05`, and `NaN` although that is no JSON. */
export function floatRepr(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const [mantissa, exponentText] = x.toExponential().split('e') as [string, string]; // the shortest digits
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const text = Object.is(x, -0) ? '-0' : String(x); // in this range JavaScript writes no exponent either
  return text.includes('.') ? text : `${text}.0`;
}

/** json.dumps of a string: ASCII alone. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Source of a class for `u` patterns: white space as str knows it, Unicode's and four ASCII separators, without U+FEFF. */
export const SPACE = '[\\p{White_Space}\\x1c-\\x1f]';

const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu');
const RUN = new RegExp(`${SPACE}+`, 'gu');

/** str.strip() */
export function strip(text: string): string {
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
