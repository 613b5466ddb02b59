// What a caller may ask of the writers; each reads what concerns it.

import { OptionError } from '../errors.ts';

export interface WriterOptions extends CueOptions {
  /** For `cpp_json` and `cpp_json_full`, which need it. */
  readonly whisperCpp?: WhisperCppDetails;
}

/** Layout of subtitles. All but `words` take effect with words only, as in openai/whisper. */
export interface CueOptions {
  /** Build cues from words. False: one cue a segment. */
  readonly words?: boolean;
  /** Characters a line; words are never cut. */
  readonly maxLineWidth?: number;
  /** Lines a cue. Together with maxLineWidth it lets cues run across segments. */
  readonly maxLineCount?: number;
  readonly maxWordsPerLine?: number;
  /** A cue for each word, with that word underlined. */
  readonly highlightWords?: boolean;
}

/** The head of whisper.cpp's JSON, member by member, and what its tokens are written with. */
export interface WhisperCppDetails {
  readonly systeminfo: string;
  readonly model: {
    readonly type: string;
    readonly multilingual: boolean;
    readonly vocab: number;
    readonly audio: WhisperCppSizes;
    readonly text: WhisperCppSizes;
    readonly mels: number;
    readonly ftype: number;
  };
  readonly params: { readonly model: string; readonly language: string; readonly translate: boolean };
  /** Bytes of a token, for `cpp_json_full`. */
  readonly tokenBytes?: (id: number) => Uint8Array;
}

interface WhisperCppSizes {
  readonly ctx: number;
  readonly state: number;
  readonly head: number;
  readonly layer: number;
}

/** Throws OptionError for a limit that is no whole number above 0. */
export function checkCueOptions(options: CueOptions): void {
  for (const name of ['maxLineWidth', 'maxLineCount', 'maxWordsPerLine'] as const) {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new OptionError(`${name}: expected a whole number above 0 because it is a limit of text, got ${value}`);
  }
}
