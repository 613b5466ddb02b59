// Which hypotheses go on and which are finished (openai/whisper decoding.py BeamSearchDecoder), and which of them wins.

import { roundHalfEven } from '../python.ts';

/** A token that may come next, with its log probability under the rules. */
export interface Candidate {
  readonly token: number;
  readonly logprob: number;
}

/** Tokens after the prompt. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  /** Sum of log probabilities, rounded to f32 at each token as openai's tensors are. */
  readonly sumLogprob: number;
  /** For each token the candidates it was chosen among, best first. */
  readonly candidates?: readonly (readonly Candidate[])[];
}

export interface SearchOptions {
  /** Candidates to name for each token picked. */
  readonly alternatives?: number;
  readonly beamSize?: number;
  readonly patience?: number;
}

/** Whether the host must see the best tokens of each step: not for a beam of one, which is greedy unless it waits for more. */
export function needsCandidates({ alternatives = 0, beamSize = 1, patience = 1 }: SearchOptions): boolean {
  return alternatives > 0 || beamSize > 1 || roundHalfEven(patience) > 1;
}

const EMPTY: Hypothesis = { tokens: [], logprobs: [], sumLogprob: 0 };

export class BeamSearch {
  readonly #beamSize: number;
  readonly #maxFinished: number;
  readonly #eot: number;
  #live: readonly Hypothesis[];
  /** By their tokens, in the order in which they finished. */
  readonly #finished = new Map<string, Hypothesis>();

  /** `maxFinished`: hypotheses to wait for, openai's round(beam_size * patience). */
  constructor(beamSize: number, maxFinished: number, eot: number) {
    this.#beamSize = beamSize;
    this.#maxFinished = maxFinished;
    this.#eot = eot;
    this.#live = Array.from({ length: beamSize }, () => EMPTY);
  }

  /** As many as the beam is wide; all alike before the first update. */
  get live(): readonly Hypothesis[] {
    return this.#live;
  }

  get completed(): boolean {
    return this.#finished.size >= this.#maxFinished;
  }

  /**
   * Takes the best candidates of each live hypothesis, best first, of which beam size + 1 count.
   * @returns for each new live hypothesis the index of the one it goes on from.
   */
  update(candidates: readonly (readonly Candidate[])[]): number[] {
    // Equal sequences are one: at first all beams are alike. The last one's score stands, in the first one's place, as in a dict.
    const scored = new Map<string, { hypothesis: Hypothesis; source: number }>();
    this.#live.forEach((prefix, source) => {
      for (const candidate of candidates[source]!.slice(0, this.#beamSize + 1)) {
        const hypothesis = extended(prefix, candidate, candidates[source]!);
        scored.set(hypothesis.tokens.join(), { hypothesis, source });
      }
    });
    const ranked = [...scored.values()].sort((a, b) => descending(a.hypothesis, b.hypothesis));
    const live: Hypothesis[] = [];
    const sources: number[] = [];
    for (const { hypothesis, source } of ranked) {
      if (hypothesis.tokens.at(-1) === this.#eot) {
        this.#finish(hypothesis);
        continue;
      }
      live.push(hypothesis);
      sources.push(source);
      if (live.length === this.#beamSize) break;
    }
    this.#live = live;
    return sources;
  }

  /** Finished hypotheses, and where they are fewer than beams the best live ones; the end token is cut off. */
  finish(): Hypothesis[] {
    for (const hypothesis of [...this.#live].sort(descending)) {
      if (this.#finished.size >= this.#beamSize) break;
      const tokens = [...hypothesis.tokens, this.#eot];
      this.#finished.set(tokens.join(), { ...hypothesis, tokens });
    }
    return [...this.#finished.values()].map((h) => ({ ...h, tokens: h.tokens.slice(0, h.tokens.indexOf(this.#eot)) }));
  }

  #finish(hypothesis: Hypothesis): void {
    if (this.#finished.size < this.#maxFinished) this.#finished.set(hypothesis.tokens.join(), hypothesis);
  }
}

/**
 * The hypothesis with the highest log probability for its length; the first of equals (openai/whisper decoding.py
 * MaximumLikelihoodRanker). `lengthPenalty`: alpha of Google's formula, ((5 + length) / 6) ** alpha; absent: the length itself.
 */
export function mostLikely<H extends Pick<Hypothesis, 'tokens' | 'sumLogprob'>>(
  hypotheses: readonly H[],
  lengthPenalty?: number,
): H {
  const score = ({ tokens, sumLogprob }: H) =>
    sumLogprob / (lengthPenalty === undefined ? tokens.length : ((5 + tokens.length) / 6) ** lengthPenalty);
  return hypotheses.reduce((best, one) => (score(one) > score(best) ? one : best));
}

function extended(prefix: Hypothesis, { token, logprob }: Candidate, among: readonly Candidate[]): Hypothesis {
  return {
    tokens: [...prefix.tokens, token],
    logprobs: [...prefix.logprobs, logprob],
    sumLogprob: Math.fround(prefix.sumLogprob + logprob),
    candidates: [...(prefix.candidates ?? []), among],
  };
}

function descending(a: Hypothesis, b: Hypothesis): number {
  return a.sumLogprob === b.sumLogprob ? 0 : b.sumLogprob - a.sumLogprob;
}
