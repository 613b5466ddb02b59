// Subtitle cues out of segments or words: what vtt and srt have in common. Source: openai/whisper utils.py,
// SubtitlesWriter.iterate_result.

import { OptionError } from '../errors.ts';
import { SPACE, strip } from '../python.ts';
import { type CueOptions, checkCueOptions } from './options.ts';
import type { Segment, TranscriptionResult, Word } from './result.ts';

export interface Cue {
  readonly start: string;
  readonly end: string;
  readonly text: string;
}

const LONG_PAUSE = 3; // seconds between the starts of two words

/** Cues with their times written by `format`. Throws OptionError for bad options, or words asked for and not there. */
export function cues(result: TranscriptionResult, options: CueOptions, format: (seconds: number) => string): Cue[] {
  checkCueOptions(options);
  if (!options.words) {
    return result.segments.map(({ start, end, text }) => ({
      start: format(start),
      end: format(end),
      text: strip(text).replaceAll('-->', '->'), // the arrow would end the cue's text
    }));
  }
  return subtitles(result.segments, options).flatMap((words) => {
    const text = words.map(({ word }) => word).join('');
    if (options.highlightWords) return highlighted(words, text, format);
    return [{ start: format(words[0]!.start), end: format(words.at(-1)!.end), text }];
  });
}

/** Words of each subtitle, with the line breaks in their text. */
function subtitles(segments: readonly Segment[], options: CueOptions): Word[][] {
  const { maxLineWidth = 1000, maxLineCount, maxWordsPerLine = 1000 } = options;
  const preserveSegments = maxLineCount === undefined || options.maxLineWidth === undefined;
  const done: Word[][] = [];
  let subtitle: Word[] = [];
  let lineLength = 0; // characters
  let lineCount = 1;
  let last = firstStart(segments);
  for (const segment of segments) {
    for (const [index, timing] of wordsOf(segment).entries()) {
      const longPause = !preserveSegments && timing.start - last > LONG_PAUSE;
      const segmentBreak = preserveSegments && index % maxWordsPerLine === 0 && subtitle.length > 0;
      const hasRoom = lineLength + width(timing.word) <= maxLineWidth;
      if (lineLength > 0 && hasRoom && !longPause && !segmentBreak) {
        lineLength += width(timing.word);
        subtitle.push(timing);
      } else {
        let word = strip(timing.word);
        const full = maxLineCount !== undefined && (longPause || lineCount >= maxLineCount);
        if (segmentBreak || (full && subtitle.length > 0)) {
          done.push(subtitle);
          subtitle = [];
          lineCount = 1;
        } else if (lineLength > 0) {
          lineCount++;
          word = `\n${word}`;
        }
        lineLength = width(strip(word));
        subtitle.push({ ...timing, word });
      }
      last = timing.start;
    }
  }
  return subtitle.length > 0 ? [...done, subtitle] : done;
}

/** One cue a word, that word underlined, and plain cues over the gaps. */
function highlighted(words: readonly Word[], text: string, format: (seconds: number) => string): Cue[] {
  const out: Cue[] = [];
  let last = format(words[0]!.start);
  for (const [index, timing] of words.entries()) {
    const start = format(timing.start);
    const end = format(timing.end);
    if (last !== start) out.push({ start: last, end: start, text });
    out.push({ start, end, text: words.map(({ word }, i) => (i === index ? underline(word) : word)).join('') });
    last = end;
  }
  return out;
}

const SPACE_THEN_TEXT = new RegExp(`^(${SPACE}*)([^\\n]*)(?=\\n?$)`, 'u');

/** The tags leave out the white space before the word. */
function underline(word: string): string {
  return word.replace(SPACE_THEN_TEXT, '$1<u>$2</u>');
}

function firstStart(segments: readonly Segment[]): number {
  return segments.flatMap(wordsOf)[0]?.start ?? segments[0]?.start ?? 0;
}

function wordsOf(segment: Segment): readonly Word[] {
  if (segment.words) return segment.words;
  throw new OptionError(
    `words: expected words in every segment because cues are built of them, got none in ${segment.id}`,
  );
}

/** Characters as Python counts them: code points. */
function width(text: string): number {
  return [...text].length;
}
