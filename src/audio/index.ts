// Audio input: the one function and its types. Decoders stay inside.
export { type AudioInput, type AudioOptions, openAudio } from './open.ts';
export { SAMPLE_RATE } from './pcm.ts';
export type { AudioSource } from './source.ts';
