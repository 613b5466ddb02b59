// whisper.cpp's JSON, short (-oj) and full (-ojf). Source: whisper.cpp examples/cli/cli.cpp, output_json.
// The same members in the same order; special tokens have OpenAI's names, and text is escaped as JSON asks.

import { OptionError } from '../errors.ts';
import type { WhisperCppDetails, WriterOptions } from './options.ts';
import type { Segment, TranscriptionResult } from './result.ts';
import { centiseconds, formatTimestamp } from './timestamp.ts';

/** -oj. Throws OptionError without `options.whisperCpp`. */
export function renderWhisperCppJson(result: TranscriptionResult, options: WriterOptions = {}): string {
  return render(result, details(options), () => ({}));
}

/** -ojf: with tokens. Throws OptionError also when token bytes or the probabilities of tokens are not there. */
export function renderWhisperCppJsonFull(result: TranscriptionResult, options: WriterOptions = {}): string {
  const given = details(options);
  const { tokenBytes } = given;
  if (!tokenBytes)
    throw new OptionError('cpp_json_full: expected whisperCpp.tokenBytes because it writes tokens, got none');
  return render(result, given, (segment) => ({ tokens: tokensJson(segment, tokenBytes) }));
}

function details({ whisperCpp }: WriterOptions): WhisperCppDetails {
  if (whisperCpp) return whisperCpp;
  throw new OptionError('cpp_json: expected the option whisperCpp because the file begins with it, got none');
}

function render(result: TranscriptionResult, head: WhisperCppDetails, more: (segment: Segment) => object): string {
  const { systeminfo, model, params } = head;
  const transcription = result.segments.map((segment) => ({
    timestamps: { from: timestamp(segment.start), to: timestamp(segment.end) },
    offsets: { from: 10 * centiseconds(segment.start), to: 10 * centiseconds(segment.end) },
    text: segment.text,
    ...more(segment),
  }));
  const file = { systeminfo, model, params, result: { language: result.language }, transcription };
  return `${JSON.stringify(file, null, '\t')}\n`;
}

/** Its times are whole hundredths of a second. */
function timestamp(seconds: number): string {
  return formatTimestamp(centiseconds(seconds) / 100, { alwaysIncludeHours: true, decimalMarker: ',' });
}

/** Tokens that share a character are one entry, with the id and probability of the first. */
function tokensJson(segment: Segment, tokenBytes: (id: number) => Uint8Array): object[] {
  const { tokens, token_probabilities: probabilities } = segment;
  if (probabilities?.length !== tokens.length) {
    throw new OptionError(
      `cpp_json_full: expected token_probabilities of all ${tokens.length} tokens in segment ${segment.id}, ` +
        `got ${probabilities?.length ?? 'none'}`,
    );
  }
  const out: object[] = [];
  for (let first = 0; first < tokens.length; ) {
    let bytes = tokenBytes(tokens[first]!);
    let next = first + 1;
    while (next < tokens.length && endsInsideCharacter(bytes))
      bytes = Buffer.concat([bytes, tokenBytes(tokens[next++]!)]);
    // Six digits, as C++ streams print; -1 says that no time was aligned to the token.
    const p = Number(probabilities[first]!.toPrecision(6));
    out.push({ text: Buffer.from(bytes).toString('utf8'), id: tokens[first], p, t_dtw: -1 });
    first = next;
  }
  return out;
}

/** Whether UTF-8 bytes end before the last byte of a character. */
function endsInsideCharacter(bytes: Uint8Array): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue; // a continuation
    const length = byte >= 0xf8 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back;
  }
  return false;
}
