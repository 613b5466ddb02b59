// The tables that steer sampling on the device, as words. kernels/shared/rules.wgsl names the same places.

/** `rules`: what the host sets for a call. */
export interface DecodingRules {
  readonly eot: number;
  readonly timestampBegin: number;
  readonly noTimestamps: number;
  /** Token of a single space, suppressed at the begin along with eot. */
  readonly blank: number;
  readonly withTimestamps: boolean;
  readonly suppressBlank: boolean;
  /** Highest token the first timestamp may have; absent: no cap. */
  readonly maxInitialTimestamp?: number;
  /** 0: the most probable token; else samples of logits / temperature. */
  readonly temperature: number;
  readonly seed: number;
}

export const RULE_WORDS = 16;

export function packRules(rules: DecodingRules): Uint32Array {
  const words = new Uint32Array(RULE_WORDS);
  words.set([
    rules.eot,
    rules.timestampBegin,
    rules.noTimestamps,
    rules.blank,
    rules.withTimestamps ? 1 : 0,
    rules.suppressBlank ? 1 : 0,
    rules.maxInitialTimestamp ?? 0xffffffff,
  ]);
  new Float32Array(words.buffer)[7] = rules.temperature;
  words[8] = rules.seed;
  return words;
}

/** `suppressed`: a bit for each token. */
export function packSuppressed(tokens: Iterable<number>, n_vocab: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(n_vocab / 32));
  for (const token of tokens) words[token >>> 5]! |= 1 << (token & 31);
  return words;
}

/** `cursor`: where a sequence stands; the device moves it. Words; `sumLogprob` and `noSpeech` are f32. */
export const CURSOR = {
  sampled: 0,
  last: 1,
  penultimate: 2,
  timestamp: 3,
  sumLogprob: 4,
  noSpeech: 5,
  words: 8,
} as const;

/** Tokens that one invocation of filter_logits looks at, and the floats it leaves: for text and for timestamps value, token, logit, highest, sum. */
export const RUN = 128;
export const RUN_WORDS = 10;

/** Random numbers of the samplers, bit for bit as kernels/shared/rules.wgsl makes them. */
export function uniformAt(seed: number, sequence: number, step: number, token: number): number {
  const h = mixed(token ^ mixed(step ^ mixed(sequence ^ mixed(seed))));
  return ((h >>> 8) + 0.5) / 16777216;
}

function mixed(x: number): number {
  let h = (x + 0x9e3779b9) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97) >>> 0;
  return (h ^ (h >>> 15)) >>> 0;
}
