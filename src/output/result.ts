// The result of a transcription, with openai/whisper's names (transcribe.py, timing.py), as every writer takes it.

/** Times in seconds from the start of the audio. */
export interface Word {
  /** With the space before it, if any. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** Mean over the tokens of the word. */
  readonly probability: number;
}

export interface Segment {
  readonly id: number;
  /** Where its window begins, in frames of 10 ms. */
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly temperature: number;
  readonly avg_logprob: number;
  readonly compression_ratio: number;
  readonly no_speech_prob: number;
  readonly words?: readonly Word[];
  /** One for each token. Not OpenAI's, and in none of its formats. */
  readonly token_probabilities?: readonly number[];
}

export interface TranscriptionResult {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Language code. */
  readonly language: string;
}
