// Decoding of one encoded window: greedily, by sampling, or by beam search (openai/whisper decoding.py DecodingTask).

import type { DecodingRules } from '../ops/decoding_tables.ts';
import { roundHalfEven } from '../python.ts';
import { BeamSearch, type Candidate, type Hypothesis, mostLikely, needsCandidates } from './beam_search.ts';
import type { SampledToken, WhisperEngine } from './engine.ts';
import { PageTable, stepTables } from './sequences.ts';

/** A prompt in the order openai lays it out. */
export interface Prompt {
  /** [sot_prev, previous text] or nothing. */
  readonly previous: readonly number[];
  /** From <|startoftranscript|> on, with a prefix at its end. */
  readonly sot: readonly number[];
}

export interface DecodingTask {
  readonly prompt: Prompt;
  readonly rules: DecodingRules;
  /** Tokens that may never be picked. */
  readonly suppressed: Iterable<number>;
  /** Tokens to pick at most. */
  readonly sampleLength: number;
  /** Hypotheses kept in beam search; absent: none, tokens are picked one after another. */
  readonly beamSize?: number;
  /** Finished hypotheses to wait for, as a multiple of the beam size. Default 1. */
  readonly patience?: number;
  /** Independent samples to take the best of. Default 1. */
  readonly bestOf?: number;
  /** Candidates to name for each token picked; needs a temperature of 0. Default 0. */
  readonly alternatives?: number;
  /** How the best is chosen; see mostLikely. */
  readonly lengthPenalty?: number;
  readonly signal?: AbortSignal;
}

/** Tokens up to <|endoftext|>, which is left out. */
export interface DecodedTokens {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  /** For each token the most probable ones in its place, where they were asked for. */
  readonly alternatives?: readonly (readonly Candidate[])[];
  /** Of <|nospeech|> at <|startoftranscript|>, before any rule. */
  readonly noSpeechProb: number;
  /** Sum of log probabilities, <|endoftext|>'s among them, over the number of tokens + 1. */
  readonly avgLogprob: number;
}

/**
 * Decodes the window that the engine encoded last.
 * @throws the signal's reason when aborted; the engine may then begin anew.
 */
export async function decodeWindow(engine: WhisperEngine, task: DecodingTask): Promise<DecodedTokens> {
  const { prompt, rules, suppressed, signal } = task;
  await engine.begin(rules, suppressed);
  const sotEnd = prompt.previous.length + 1;
  await engine.prefill([...prompt.previous, prompt.sot[0]!], 0, signal);
  const [noSpeechProb] = (await engine.noSpeechProbs()) as [number];
  await engine.prefill(prompt.sot.slice(1), sotEnd, signal);
  const length = prompt.previous.length + prompt.sot.length;
  // openai stops once prompt and tokens exceed the context by one: the last token is never fed.
  const most = Math.min(task.sampleLength, engine.options.textContext - length + 1);
  const search = needsCandidates(task) ? searchBeams : pickTokens;
  const { tokens, logprobs, sumLogprob, candidates } = mostLikely(
    await search(engine, length, most, task),
    task.lengthPenalty,
  );
  return {
    tokens,
    logprobs: logprobs.slice(0, tokens.length),
    ...(task.alternatives && {
      alternatives: candidates?.slice(0, tokens.length).map((among) => among.slice(0, task.alternatives)) ?? [],
    }),
    noSpeechProb,
    avgLogprob: sumLogprob / (tokens.length + 1),
  };
}

type Search = (
  engine: WhisperEngine,
  promptLength: number,
  most: number,
  task: DecodingTask,
) => Promise<readonly Hypothesis[]>;

/** The most probable token each time, or a sample; `bestOf` sequences at once. */
const pickTokens: Search = async (engine, promptLength, most, { rules: { eot }, bestOf = 1, signal }) => {
  const isEnd = ({ token }: SampledToken) => token === eot;
  const picked: SampledToken[][] = Array.from({ length: bestOf }, () => []);
  for (let count = 0; count < most && !picked.every((sequence) => sequence.some(isEnd)); ) {
    signal?.throwIfAborted();
    const next = Math.min(engine.stride, most - count);
    const more =
      count === 0
        ? await engine.sample(promptLength - 1, bestOf)
        : await engine.step(count, next, bestOf, { ahead: count + next < most, signal });
    picked.forEach((sequence, s) => {
      sequence.push(...more[s]!);
    });
    count = picked[0]!.length;
  }
  return picked.map((sequence) => {
    const end = sequence.findIndex(isEnd);
    const scored = end < 0 ? sequence : sequence.slice(0, end + 1);
    return {
      tokens: (end < 0 ? sequence : sequence.slice(0, end)).map(({ token }) => token),
      logprobs: scored.map(({ logprob }) => logprob),
      sumLogprob: scored.reduce((sum, { logprob }) => sum + logprob, 0),
    };
  });
};

/** Beam search: the device ranks candidates, the host chooses among them; caches are shared by pages, never copied. */
const searchBeams: Search = async (engine, promptLength, most, { rules, beamSize = 1, patience = 1, signal }) => {
  const { batch, textContext } = engine.options;
  const pages = new PageTable(batch, textContext, promptLength);
  const search = new BeamSearch(beamSize, roundHalfEven(beamSize * patience), rules.eot);
  for (let count = 0; count < most && !search.completed; count++) {
    signal?.throwIfAborted();
    const position = promptLength + count - 1;
    let candidates = count === 0 ? await engine.rank() : undefined;
    if (!candidates) {
      await engine.writePages(pages);
      const live = search.live.map(({ tokens }) => tokens);
      const { rows, cursor } = stepTables(live, position, batch, rules.timestampBegin);
      candidates = await engine.extend(rows, cursor, signal);
    }
    const sources = search.update(candidates);
    pages.reorder(sources, position + 1);
  }
  return search.finish();
};
