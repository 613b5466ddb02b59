// An engine with its model loaded, as the suites drive it: greedy, batch 1, English, no fallback, windows independent of one another.

export interface Subject {
  /** Packages and versions. */
  readonly version: string;
  /** Adapter as the engine itself names it, where it does. */
  readonly adapter?: { readonly name: string; readonly kind: string };
  readonly weightBytes?: number | undefined;
  /** Buffers planned; the engine asserts that they are those created. */
  readonly plannedBytes?: number;
  /** Absent: an empty device. */
  transcribe?(samples: Float32Array): Promise<string>;
  /** Where the time of the last window transcribed went, where the engine tells. */
  stages?(): Promise<Stages | undefined>;
  dispose(): Promise<void>;
}

export interface Stages {
  /** Seconds from log-mel to encoder states, and to the cross keys and values where the engine counts them with the encoder. */
  readonly encode: number;
  /** Seconds of all decoder passes after the prompt's, one token each. */
  readonly decode: number;
  /** Tokens that those passes gave, the end of text among them. */
  readonly tokens: number;
}
