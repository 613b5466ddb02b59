// `whisper-wgsl wer`: the word error rate of a transcript, and where it differs from what was said.

import { Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { normalizeBasic } from '../text/normalizer/basic.ts';
import { normalizeEnglish } from '../text/normalizer/english.ts';
import { alignWords, type Stretch, wordErrorRate } from '../text/wer.ts';
import type { Io } from './io.ts';
import { readTranscript, type Transcript } from './transcript_file.ts';

const NORMALIZERS = {
  english: normalizeEnglish,
  basic: (text: string) => normalizeBasic(text),
  none: (text: string) => text,
} as const;
type Normalizer = keyof typeof NORMALIZERS;

interface Flags {
  readonly normalizer?: Normalizer;
  readonly json?: boolean;
  readonly diff?: boolean;
}

export function werCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('wer')
    .description("Count the word errors of a transcript after openai's normalisers.")
    .argument('<reference>', 'what was said: text, .json, .srt or .vtt; - reads text from stdin')
    .argument('<hypothesis>', 'the transcript: the same')
    .addOption(
      new Option('--normalizer <name>', 'default english, or basic where a file tells of another language').choices(
        Object.keys(NORMALIZERS),
      ),
    )
    .option('--diff', 'list what differs')
    .option('--json', 'print JSON')
    .action(async (reference: string, hypothesis: string, flags: Flags) => {
      if (reference === '-' && hypothesis === '-') {
        throw new OptionError('wer: expected one text from stdin because it is read once, got - for both');
      }
      const said = await readTranscript(reference, io);
      const heard = await readTranscript(hypothesis, io);
      io.stdout.write(report(reference, said, heard, flags));
      exit(0);
    });
}

function report(path: string, said: Transcript, heard: Transcript, { normalizer, json, diff }: Flags): string {
  const name = normalizer ?? (isEnglish(said) && isEnglish(heard) ? 'english' : 'basic');
  const [reference, hypothesis] = [said, heard].map(({ text }) => NORMALIZERS[name](text)) as [string, string];
  const { wer, hits, substitutions, deletions, insertions } = wordErrorRate(reference, hypothesis);
  const words = hits + substitutions + deletions;
  if (words === 0) throw new OptionError(`${path}: expected words because errors are counted in them, got none`);
  const errors = substitutions + deletions + insertions;
  const differing = diff ? differences(alignWords(reference, hypothesis)) : [];
  if (json) {
    const counts = { wer, words, errors, substitutions, deletions, insertions, hits, normalizer: name };
    return `${JSON.stringify({ ...counts, ...(diff && { diff: differing }) }, undefined, 2)}\n`;
  }
  const counts = `${substitutions} substitutions, ${deletions} deletions, ${insertions} insertions`;
  const head = `${(100 * wer).toFixed(2)} % word errors: ${errors} in ${words} words (${counts}; normaliser ${name})`;
  return `${[head, ...differing.map(diffLine)].join('\n')}\n`;
}

function isEnglish({ language = 'en' }: Transcript): boolean {
  return ['en', 'english'].includes(language.toLowerCase());
}

interface Difference {
  /** Word of the reference, from 1, at which it begins. */
  readonly word: number;
  readonly reference: string;
  readonly hypothesis: string;
  /** Words that are the same on either side. */
  readonly before: string;
  readonly after: string;
}

/** Words shown on each side of a difference. */
const CONTEXT = 3;

function differences(stretches: readonly Stretch[]): Difference[] {
  let word = 1;
  return stretches.flatMap(({ same, reference, hypothesis }, i) => {
    const begin = word;
    word += reference.length;
    if (same) return [];
    const before = stretches[i - 1]?.reference.slice(-CONTEXT) ?? [];
    const after = stretches[i + 1]?.reference.slice(0, CONTEXT) ?? [];
    const [said, heard, left, right] = [reference, hypothesis, before, after].map((words) => words.join(' '));
    return [{ word: begin, reference: said!, hypothesis: heard!, before: left!, after: right! }];
  });
}

/** `    12  ask not [what -> that] your country` */
function diffLine({ word, reference, hypothesis, before, after }: Difference): string {
  const change = `[${`${reference} -> ${hypothesis}`.trim()}]`;
  return `${`${word}`.padStart(6)}  ${`${before} ${change} ${after}`.trim()}`;
}
