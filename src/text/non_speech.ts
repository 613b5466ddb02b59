// The tokens that suppress_tokens = "-1" stands for: symbols of speaker tags and of non-speech annotations.
// Source: openai/whisper tokenizer.py, non_speech_tokens. Commas, periods, question and exclamation marks stay.

const SYMBOLS: readonly string[] = [
  ...'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
  ...'<< >> <<< >>> -- --- -( -[ (\' (" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪'.split(' '),
];
// Each may be several tokens. The first one may go: it stands for U+2640..267F only, miscellaneous symbols.
const NOTES = '♩♪♫♬♭♮♯';

/** Ids in rising order: 84 of the English vocabulary, 82 of the multilingual one. */
export function nonSpeechTokens(encode: (text: string) => readonly number[]): readonly number[] {
  // A hyphen or a quote may stand inside a word, not begin one.
  const ids = new Set([encode(' -')[0]!, encode(" '")[0]!]);
  for (const symbol of [...SYMBOLS, ...NOTES]) {
    for (const tokens of [encode(symbol), encode(` ${symbol}`)]) {
      if (tokens.length === 1 || NOTES.includes(symbol)) ids.add(tokens[0]!);
    }
  }
  return [...ids].sort((a, b) => a - b);
}
