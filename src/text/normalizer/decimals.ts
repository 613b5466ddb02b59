// Decimal numbers of any script, exactly: what Python's Fraction does for the number normaliser.

/** digits / 10^scale */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** A number such as `12`, `1.5`, `.5` or `5.`; undefined for anything else, `1.2.3` for one. */
export function fraction(text: string): Decimal | undefined {
  const match = /^(?=\.?\p{Nd})(\p{Nd}*)(?:\.(\p{Nd}*))?$/u.exec(text);
  if (!match) return undefined;
  const decimals = match[2] ?? '';
  const ascii = `${match[1]}${decimals}`.replace(/\p{Nd}/gu, digitValue);
  return { digits: BigInt(ascii), scale: [...decimals].length };
}

/** `decimal` times `factor` where that is whole, else undefined. */
export function timesWhole({ digits, scale }: Decimal, factor: bigint): bigint | undefined {
  const unit = 10n ** BigInt(scale);
  const product = digits * factor;
  return product % unit === 0n ? product / unit : undefined;
}

/** Digits of every script lie in runs of ten, 0 first; some runs follow one another. */
function digitValue(char: string): string {
  const code = char.codePointAt(0)!;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
  return String((code - first) % 10);
}
