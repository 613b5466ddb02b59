// Punctuation becomes part of the word beside it (openai/whisper timing.py merge_punctuations).

import { strip } from '../../python.ts';
import type { WordTiming } from './alignment.ts';

/**
 * The same words, where opening punctuation with a space before it is put in front of the word that follows, and closing punctuation
 * behind the word before it. A word keeps its times; one that was merged away stays as an empty word without tokens.
 * Both lists are searched as strings, as openai does: an empty or blank word is found in any, and `).` in none unless it stands there.
 */
export function mergePunctuations(alignment: readonly WordTiming[], prepended: string, appended: string): WordTiming[] {
  const merged = [...alignment];
  mergePrepended(merged, prepended);
  mergeAppended(merged, appended);
  return merged;
}

function mergePrepended(words: WordTiming[], prepended: string): void {
  let following = words.length - 1;
  for (let i = words.length - 2; i >= 0; i--) {
    const { word } = words[i]!;
    if (word.startsWith(' ') && prepended.includes(strip(word))) {
      words[following] = join(words[following]!, words[i]!, words[following]!);
      words[i] = empty(words[i]!);
    } else {
      following = i;
    }
  }
}

function mergeAppended(words: WordTiming[], appended: string): void {
  let previous = 0;
  for (let i = 1; i < words.length; i++) {
    if (!words[previous]!.word.endsWith(' ') && appended.includes(words[i]!.word)) {
      words[previous] = join(words[previous]!, words[previous]!, words[i]!);
      words[i] = empty(words[i]!);
    } else {
      previous = i;
    }
  }
}

/** Text and tokens of two words in order, with the times and probability of `kept`. */
function join(kept: WordTiming, first: WordTiming, second: WordTiming): WordTiming {
  return { ...kept, word: first.word + second.word, tokens: [...first.tokens, ...second.tokens] };
}

function empty(word: WordTiming): WordTiming {
  return { ...word, word: '', tokens: [] };
}
